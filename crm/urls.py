from django.urls import include, path

from crm.resources import CompanyResource, ContactResource

urlpatterns = [
    path("companies/", include(CompanyResource.urls())),
    path("contacts/", include(ContactResource.urls())),
]
