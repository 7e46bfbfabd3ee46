from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("segments", "0002_sizes")]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="shown_count",
            field=models.BigIntegerField(null=True),
        ),
    ]
