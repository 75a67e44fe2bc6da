"""A client's addresses as the demo has them."""

from django.urls import include, path

from config.urls import handler400, handler500  # noqa: F401
from config.urls import urlpatterns as usual

urlpatterns = [*usual, path("demo/mail/", include("config.inbox.views"))]
