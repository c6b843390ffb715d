"""Where the output of containers goes: clients that listen, log files, servers of logs."""
