"""Lists of manifests that a user makes: kept in the client's folder as docker's command keeps them, made of what
registries have, and pushed there. No engine has a part in it."""
