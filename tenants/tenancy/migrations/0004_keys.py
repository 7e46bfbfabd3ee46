from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0003_assignment")]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="wrap_keys",
            field=models.JSONField(
                blank=True, db_default=models.Value([], models.JSONField()), default=list
            ),
        ),
        migrations.CreateModel(
            name="PlatformKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(max_length=40)),
                ("number", models.PositiveSmallIntegerField()),
                ("wrapped", models.BinaryField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("purpose", "number"), name="platform_key_once"
                    )
                ],
            },
        ),
    ]
