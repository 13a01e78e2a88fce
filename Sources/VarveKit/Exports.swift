// Whoever imports VarveKit gets the modules whose types stand in its interface; within this package that is all of the engine that
// a command needs.
@_exported import Backends
@_exported import Chunking
@_exported import Compressing
@_exported import FileIO
@_exported import Hashing
@_exported import Indexing
@_exported import Maintenance
@_exported import Packing
@_exported import Primitives
@_exported import RemoteBackends
@_exported import Repositories
@_exported import Sealing
@_exported import Snapshots
@_exported import Sourcing
@_exported import Threads
@_exported import Tiers
@_exported import Transfers
