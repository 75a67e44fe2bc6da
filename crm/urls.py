from django.urls import include, path

from crm import resources

urlpatterns = [
    path("companies/", include(resources.CompanyResource.urls())),
    path("contacts/", include(resources.ContactResource.urls())),
]
