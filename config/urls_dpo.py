"""Addresses of dpo.<domain>: the desk of the data protection officer."""

from django.urls import path

from tenants import views

handler400 = "core.views.errors.bad_request"
handler500 = "core.views.errors.server_error"

urlpatterns = [path("", views.dpo, name="home")]
