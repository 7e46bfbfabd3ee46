"""The production calendar of Russia: data that a decree changes. Lives in the public schema."""

from django.db import models


class CalendarYear(models.Model):
    """A loaded year; `version` changes whenever its days do."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    version = models.CharField(max_length=64)
    source = models.TextField()
    loaded_at = models.DateTimeField()

    class Meta:
        ordering = ["year"]

    def __str__(self) -> str:
        return f"{self.year} ({self.version})"


class CalendarDay(models.Model):
    date = models.DateField(primary_key=True)
    is_working = models.BooleanField()
    is_short = models.BooleanField(default=False)
    year = models.ForeignKey(CalendarYear, on_delete=models.CASCADE, related_name="days")

    class Meta:
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date}: {'working' if self.is_working else 'off'}"
