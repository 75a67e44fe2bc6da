"""Triggers of CRM's own, for migrations: what they wrote stays true. Their functions are in tenants/sql/."""

from core.operations import Triggers


class FollowStage(Triggers):
    """Of deals: pipeline, state, closed_at and stage_since follow the stage, whoever writes it."""

    names = ("follow_stage",)

    def create(self, app_label, model):
        yield (
            f'CREATE TRIGGER follow_stage BEFORE INSERT OR UPDATE ON "{model._meta.db_table}" '
            "FOR EACH ROW EXECUTE FUNCTION public.b2o_deal_follows_stage()"
        )

    def describe(self):
        return f"Let {self.model} follow its stage"


class KeepStageKind(Triggers):
    """Of stages: neither kind nor pipeline changes while deals are there."""

    names = ("keep_kind",)

    def create(self, app_label, model):
        yield (
            f'CREATE TRIGGER keep_kind BEFORE UPDATE OF kind, pipeline_id ON "{model._meta.db_table}" '
            "FOR EACH ROW EXECUTE FUNCTION public.b2o_stage_keeps_kind()"
        )

    def describe(self):
        return f"Keep the kind of a {self.model} that is in use"


class KeepTree(Triggers):
    """Of companies: no parent leads back to its child. Its function is in tenants/sql/companies.sql."""

    names = ("company_tree",)

    def create(self, app_label, model):
        yield (
            f'CREATE TRIGGER company_tree AFTER INSERT OR UPDATE OF parent_id ON "{model._meta.db_table}" '
            "FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION public.b2o_company_tree()"
        )

    def describe(self):
        return f"Keep circles out of the tree of {self.model}"


class KeepLead(Triggers):
    """Of leads: what was received stays; only known ways from state to state. In tenants/sql/leads.sql."""

    names = ("keep_lead",)

    def create(self, app_label, model):
        yield (
            f'CREATE TRIGGER keep_lead BEFORE UPDATE ON "{model._meta.db_table}" '
            "FOR EACH ROW EXECUTE FUNCTION public.b2o_keep_lead()"
        )

    def describe(self):
        return f"Keep what a {self.model} received"


class FollowSteps(Triggers):
    """Of mailings: the states follow one another as they may, and what is written stays once it was scheduled."""

    names = ("follow_steps",)

    def create(self, app_label, model):
        yield (
            f'CREATE TRIGGER follow_steps BEFORE UPDATE ON "{model._meta.db_table}" '
            "FOR EACH ROW EXECUTE FUNCTION public.b2o_mailing_steps()"
        )

    def describe(self):
        return f"Let a {self.model} go by its steps"
