"""Addresses of the vendor's own site (www)."""

from django.urls import path

from tenants import views

handler400 = "core.views.errors.bad_request"
handler500 = "core.views.errors.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("styleguide", views.styleguide, name="styleguide"),
]
