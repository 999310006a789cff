"""Run the scheduler: `python -m ratecard_scheduler`."""

from ratecard_scheduler.app import build
from ratecard_scheduler.settings import SchedulerSettings
from ratecard_shared.service import main

if __name__ == "__main__":
    main("scheduler", SchedulerSettings, build)
