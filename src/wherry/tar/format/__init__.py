"""The bytes of an archive: headers, extended headers, holes, compression; read and written."""
