"""Every address of the area, under one namespace: `campaigns:<app>-<action>`."""

from django.urls import URLPattern, URLResolver

from campaigns.broadcasts import urls as broadcasts_urls
from campaigns.channels import urls as channels_urls
from campaigns.delivery import urls as delivery_urls
from campaigns.experiments import urls as experiments_urls
from campaigns.results import urls as results_urls
from campaigns.segments import urls as segments_urls

app_name = "campaigns"
_parts = [
    segments_urls,
    experiments_urls,
    channels_urls,
    delivery_urls,
    broadcasts_urls,
    results_urls,
]
urlpatterns: list[URLPattern | URLResolver] = [
    pattern for part in _parts for pattern in part.urlpatterns
]
api_patterns: list[URLPattern | URLResolver] = [
    pattern for part in _parts for pattern in part.api_patterns
]
