"""The edge to the OCI runtime (crun or runc) and to the monitor (conmon) that outlives the daemon."""
