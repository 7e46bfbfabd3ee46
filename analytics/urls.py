"""Every address of the area, under one namespace: `analytics:<app>-<action>`."""

from django.urls import URLPattern, URLResolver

from analytics.events import urls as events_urls
from analytics.features import urls as features_urls
from analytics.profiles import urls as profiles_urls
from analytics.sources import urls as sources_urls

app_name = "analytics"
_parts = [profiles_urls, events_urls, sources_urls, features_urls]
urlpatterns: list[URLPattern | URLResolver] = [
    pattern for part in _parts for pattern in part.urlpatterns
]
api_patterns: list[URLPattern | URLResolver] = [
    pattern for part in _parts for pattern in part.api_patterns
]
