"""`python -m monitor` is the `callmonitor` command."""

from monitor.cli import main

main()
