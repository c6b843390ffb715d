"""What lies below the data root: records, blobs, snapshots, the files of containers and volumes, logs.

    <data-root>/
      wherry.lock             held by the one engine that uses this root
      wherry.db               records (SQLite)
      blobs/sha256/<hex>      content; blobs/tmp: what is being received
      overlay2/<name>/        diff, work and merged of a snapshot
      containers/<id>/        hosts, hostname, resolv.conf and the log
      volumes/<name>/_data    data that outlives containers

``wherry.store.store.Store`` opens all of it.
"""
