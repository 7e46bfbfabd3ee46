from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0002_tenant_hidden_money")]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="assignment_from",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="tenant",
            name="assignment_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
