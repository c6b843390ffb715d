"""What lies below the data root: records, blobs, snapshots, the files of containers and volumes, logs.

    <data-root>/
      wherry.lock             held by the one engine that uses this root
      engine-id               its name
      wherry.db               records (SQLite); wherry.reserve: space for them on a full disk
      blobs/sha256/<hex>      content; blobs/tmp: what is being received
      overlay2/<name>/        diff, work and merged of a snapshot
      containers/<id>/        hosts, hostname, resolv.conf and the log
      volumes/<name>/_data    data that outlives containers
      builds/<build>          folders of builds under way
      buildcache/<key>/       directories that outlive builds: cache mounts, mirrors of clients' files

``wherry.store.store.Store`` opens all of it.
"""
