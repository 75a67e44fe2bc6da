"""Rows made into instances as the ORM makes them, in less time."""

import pytest
from django.db.models.signals import post_init

from core.registry import registry
from core.statements import Compiled, maker
from crm.models import Company

RESOURCES = list(registry)


@pytest.mark.parametrize("resource", RESOURCES, ids=[resource.key() for resource in RESOURCES])
def test_an_instance_is_what_the_orm_makes_of_the_same_values(resource):
    names = tuple(field.attname for field in resource.model._meta.concrete_fields)
    values = [f"value of {name}" for name in names]
    ours, theirs = maker(resource.model, names)(values), resource.model.from_db("default", names, values)
    states = [vars(one).pop("_state") for one in (ours, theirs)]
    assert vars(ours) == vars(theirs)
    assert [(state.adding, state.db, state.fields_cache) for state in states] == [(False, "default", {})] * 2


def test_what_was_not_read_is_read_when_it_is_asked_for(atelier):
    kept = Company.objects.create(name="Menuiserie Riou", note="Rappeler lundi")
    [found] = Compiled(Company.objects.defer("note")).fetch()
    assert found == kept and "note" not in vars(found)
    assert found.note == "Rappeler lundi"
    found.name = "Menuiserie Riou et fils"
    found.save()
    assert Company.objects.get().name == "Menuiserie Riou et fils"


def test_whoever_listens_to_instances_hears_of_each(atelier):
    heard = []

    def hear(sender, instance, **kwargs):
        heard.append(instance)

    Company.objects.create(name="Menuiserie Riou")
    post_init.connect(hear, sender=Company)
    try:
        assert Compiled(Company.objects.all()).fetch() == heard and len(heard) == 1
    finally:
        post_init.disconnect(hear, sender=Company)


def test_a_class_that_has_its_own_say_keeps_it(monkeypatch):
    def init(self, *args, **kwargs):
        super(Company, self).__init__(*args, **kwargs)
        self.greeted = True

    monkeypatch.setattr(Company, "__init__", init)
    assert maker(Company, ("id", "name", "legal_name"))([1, "Riou", ""]).greeted
