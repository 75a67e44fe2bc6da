"""Long work in the background, with its progress, its result and its end told. See README.md.

@job_kind("export", label=_("Export"), restart=True)
def run_export(job: Running, *, resource: str) -> Result: ...

start_job("export", label="Sociétés", by=user, args={"resource": "crm.company"})
"""

from core.jobs.actions import cancel_job, jobs_of, start_job
from core.jobs.kinds import job_kind
from core.jobs.running import Cancelled, JobError, Result, Running

__all__ = ["Cancelled", "JobError", "Result", "Running", "cancel_job", "job_kind", "jobs_of", "start_job"]
