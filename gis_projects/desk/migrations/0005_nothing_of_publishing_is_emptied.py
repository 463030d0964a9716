"""The records of publishing, its articles and the public's questions are kept from TRUNCATE as well."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0004_nothing_kept_is_emptied"),
        ("disclosure", "0007_nothing_large_and_no_locks"),
        ("library", "0014_sensitive_projects"),
        ("publishing", "0004_articles_and_questions"),
    ]
    operations = [migrations.RunSQL("SELECT trail_keep_filled()", migrations.RunSQL.noop)]
