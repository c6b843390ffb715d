"""The structs that Docker's command line reads the engine's answers into, and how to read them.

``inspect --format`` works on these: fields that an answer leaves out have their zero value, nil pointers are false, and
a struct prints as ``{a b}``. The notation is Go's: ``Name`` is a string field, ``Name:type`` another, ``Name=json``
(or ``Name=json:type``) a field whose JSON name differs; ``[]T``, ``map[T]`` and ``*T`` as usual. Source: the types of
Docker's API 1.45.
"""

from __future__ import annotations

from .templates.values import Duration, NilList, NilMap, NilPointer, Number, Struct, Time, TypedMap

Field = tuple[str, str, str]

SHAPES = {
    "types.ContainerJSON": """
        ID=Id Created Path Args:[]string State:*types.ContainerState Image ResolvConfPath HostnamePath HostsPath
        LogPath Name RestartCount:int Driver Platform MountLabel ProcessLabel AppArmorProfile ExecIDs:[]string
        HostConfig:*container.HostConfig GraphDriver:types.GraphDriverData SizeRw:*int SizeRootFs:*int
        Mounts:[]types.MountPoint Config:*container.Config NetworkSettings:*types.NetworkSettings""",
    "types.ContainerState": """
        Status Running:bool Paused:bool Restarting:bool OOMKilled:bool Dead:bool Pid:int ExitCode:int Error
        StartedAt FinishedAt Health:*types.Health""",
    "types.Health": "Status FailingStreak:int Log:[]types.HealthcheckResult",
    "types.HealthcheckResult": "Start:time End:time ExitCode:int Output",
    "types.GraphDriverData": "Data:map[string] Name",
    "types.MountPoint": "Type Name Source Destination Driver Mode RW:bool Propagation",
    "container.Config": """
        Hostname Domainname User AttachStdin:bool AttachStdout:bool AttachStderr:bool ExposedPorts:map[struct{}]
        Tty:bool OpenStdin:bool StdinOnce:bool Env:[]string Cmd:[]string Healthcheck:*container.HealthConfig
        ArgsEscaped:bool Image Volumes:map[struct{}] WorkingDir Entrypoint:[]string NetworkDisabled:bool MacAddress
        OnBuild:[]string Labels:map[string] StopSignal StopTimeout:*int Shell:[]string""",
    "container.HealthConfig": """
        Test:[]string Interval:duration Timeout:duration StartPeriod:duration StartInterval:duration Retries:int""",
    "container.HostConfig": """
        Binds:[]string ContainerIDFile LogConfig:container.LogConfig NetworkMode PortBindings:map[[]nat.PortBinding]
        RestartPolicy:container.RestartPolicy AutoRemove:bool VolumeDriver VolumesFrom:[]string ConsoleSize:[]int
        Annotations:map[string] CapAdd:[]string CapDrop:[]string CgroupnsMode DNS=Dns:[]string
        DNSOptions=DnsOptions:[]string DNSSearch=DnsSearch:[]string ExtraHosts:[]string GroupAdd:[]string IpcMode
        Cgroup Links:[]string OomScoreAdj:int PidMode Privileged:bool PublishAllPorts:bool ReadonlyRootfs:bool
        SecurityOpt:[]string StorageOpt:map[string] Tmpfs:map[string] UTSMode UsernsMode ShmSize:int
        Sysctls:map[string] Runtime Isolation CPUShares=CpuShares:int Memory:int NanoCPUs=NanoCpus:int CgroupParent
        BlkioWeight:int BlkioWeightDevice:[]any BlkioDeviceReadBps:[]any BlkioDeviceWriteBps:[]any
        BlkioDeviceReadIOps:[]any BlkioDeviceWriteIOps:[]any CPUPeriod=CpuPeriod:int CPUQuota=CpuQuota:int
        CPURealtimePeriod=CpuRealtimePeriod:int CPURealtimeRuntime=CpuRealtimeRuntime:int CpusetCpus CpusetMems
        Devices:[]container.DeviceMapping DeviceCgroupRules:[]string DeviceRequests:[]container.DeviceRequest
        KernelMemory:int KernelMemoryTCP:int MemoryReservation:int MemorySwap:int MemorySwappiness:*int
        OomKillDisable:*bool PidsLimit:*int Ulimits:[]*units.Ulimit CPUCount=CpuCount:int CPUPercent=CpuPercent:int
        IOMaximumIOps:int IOMaximumBandwidth:int Mounts:[]mount.Mount MaskedPaths:[]string ReadonlyPaths:[]string
        Init:*bool""",
    "container.LogConfig": "Type Config:map[string]",
    "container.RestartPolicy": "Name MaximumRetryCount:int",
    "container.DeviceMapping": "PathOnHost PathInContainer CgroupPermissions",
    "container.DeviceRequest": "Driver Count:int DeviceIDs:[]string Capabilities:[][]string Options:map[string]",
    "mount.Mount": """
        Type Source Target ReadOnly:bool Consistency BindOptions:*mount.BindOptions
        VolumeOptions:*mount.VolumeOptions TmpfsOptions:*mount.TmpfsOptions""",
    "mount.BindOptions": """
        Propagation NonRecursive:bool CreateMountpoint:bool ReadOnlyNonRecursive:bool ReadOnlyForceRecursive:bool""",
    "mount.VolumeOptions": "NoCopy:bool Labels:map[string] Subpath DriverConfig:*mount.Driver",
    "mount.TmpfsOptions": "SizeBytes:int Mode:int",
    "mount.Driver": "Name Options:map[string]",
    "nat.PortBinding": "HostIP=HostIp HostPort",
    "units.Ulimit": "Name Hard:int Soft:int",
    "types.NetworkSettings": """
        Bridge SandboxID SandboxKey Ports:map[[]nat.PortBinding] HairpinMode:bool LinkLocalIPv6Address
        LinkLocalIPv6PrefixLen:int SecondaryIPAddresses:[]network.Address SecondaryIPv6Addresses:[]network.Address
        EndpointID Gateway GlobalIPv6Address GlobalIPv6PrefixLen:int IPAddress IPPrefixLen:int IPv6Gateway
        MacAddress Networks:map[*network.EndpointSettings]""",
    "network.Address": "Addr PrefixLen:int",
    "network.EndpointSettings": """
        IPAMConfig:*network.EndpointIPAMConfig Links:[]string Aliases:[]string MacAddress NetworkID EndpointID
        Gateway IPAddress IPPrefixLen:int IPv6Gateway GlobalIPv6Address GlobalIPv6PrefixLen:int
        DriverOpts:map[string] DNSNames:[]string""",
    "network.EndpointIPAMConfig": "IPv4Address IPv6Address LinkLocalIPs:[]string",
    "types.ImageInspect": """
        ID=Id RepoTags:[]string RepoDigests:[]string Parent Comment Created Container
        ContainerConfig:*container.Config DockerVersion Author Config:*container.Config Architecture Variant Os
        OsVersion Size:int VirtualSize:int GraphDriver:types.GraphDriverData RootFS:types.RootFS
        Metadata:image.Metadata""",
    "types.RootFS": "Type Layers:[]string",
    "image.Metadata": "LastTagTime:time",
    "types.NetworkResource": """
        Name ID=Id Created:time Scope Driver EnableIPv6:bool IPAM:network.IPAM Internal:bool Attachable:bool
        Ingress:bool ConfigFrom:network.ConfigReference ConfigOnly:bool Containers:map[types.EndpointResource]
        Options:map[string] Labels:map[string] Peers:[]network.PeerInfo Services:map[any]""",
    "network.IPAM": "Driver Options:map[string] Config:[]network.IPAMConfig",
    "network.IPAMConfig": "Subnet IPRange Gateway AuxAddress=AuxiliaryAddresses:map[string]",
    "network.ConfigReference": "Network",
    "network.PeerInfo": "Name IP",
    "types.EndpointResource": "Name EndpointID MacAddress IPv4Address IPv6Address",
    "volume.Volume": """
        ClusterVolume:*any CreatedAt Driver Labels:map[string] Mountpoint Name Options:map[string] Scope
        Status:map[any] UsageData:*volume.UsageData""",
    "types.Plugin": "Config:types.PluginConfig Enabled:bool ID=Id Name PluginReference Settings:types.PluginSettings",
    "types.PluginConfig": """
        Args:types.PluginConfigArgs Description DockerVersion Documentation Entrypoint:[]string Env:[]types.PluginEnv
        Interface:types.PluginConfigInterface IpcHost:bool Linux:types.PluginConfigLinux Mounts:[]types.PluginMount
        Network:types.PluginConfigNetwork PidHost:bool PropagatedMount User:types.PluginConfigUser WorkDir
        Rootfs=rootfs:*types.PluginConfigRootfs""",
    "types.PluginConfigArgs": "Description Name Settable:[]string Value:[]string",
    "types.PluginConfigInterface": "ProtocolScheme Socket Types:[]any",
    "types.PluginConfigLinux": "AllowAllDevices:bool Capabilities:[]string Devices:[]types.PluginDevice",
    "types.PluginConfigNetwork": "Type",
    "types.PluginConfigUser": "GID:int UID:int",
    "types.PluginConfigRootfs": "DiffIds=diff_ids:[]string Type=type",
    "types.PluginDevice": "Description Name Path:*any Settable:[]string",
    "types.PluginEnv": "Description Name Settable:[]string Value:*any",
    "types.PluginMount": "Description Destination Name Options:[]string Settable:[]string Source:*any Type",
    "types.PluginSettings": "Args:[]string Devices:[]types.PluginDevice Env:[]string Mounts:[]types.PluginMount",
    "volume.UsageData": "RefCount:int Size:int",
    "events.Message": """
        Status=status ID=id From=from Type Action Actor:events.Actor Scope=scope Time=time:int TimeNano=timeNano:int""",
    "events.Actor": "ID Attributes:map[string]",
    "system.versionInfo": "Client:system.clientVersion Server:*types.Version",
    "system.clientVersion": """
        Platform:*system.platformInfo Version APIVersion=ApiVersion DefaultAPIVersion GitCommit GoVersion Os Arch
        BuildTime Context""",
    "system.platformInfo": "Name",
    "types.Version": """
        Platform:system.platformInfo Components:[]types.ComponentVersion Version APIVersion=ApiVersion MinAPIVersion
        GitCommit GoVersion Os Arch KernelVersion Experimental:bool BuildTime""",
    "types.ComponentVersion": "Name Version Details:map[string]",
    "system.dockerInfo": """
        ID Containers:int ContainersRunning:int ContainersPaused:int ContainersStopped:int Images:int Driver
        DriverStatus:[][]string SystemStatus:[][]string Plugins:types.PluginsInfo MemoryLimit:bool SwapLimit:bool
        KernelMemory:bool KernelMemoryTCP:bool CPUCfsPeriod=CpuCfsPeriod:bool CPUCfsQuota=CpuCfsQuota:bool
        CPUShares:bool CPUSet:bool PidsLimit:bool IPv4Forwarding:bool BridgeNfIptables:bool
        BridgeNfIP6tables=BridgeNfIp6tables:bool Debug:bool NFd:int OomKillDisable:bool NGoroutines:int SystemTime
        LoggingDriver CgroupDriver CgroupVersion NEventsListener:int KernelVersion OperatingSystem OSVersion OSType
        Architecture IndexServerAddress RegistryConfig:*registry.ServiceConfig NCPU:int MemTotal:int
        GenericResources:[]any DockerRootDir HTTPProxy=HttpProxy HTTPSProxy=HttpsProxy NoProxy Name Labels:[]string
        ExperimentalBuild:bool ServerVersion Runtimes:map[any] DefaultRuntime Swarm:swarm.Info
        LiveRestoreEnabled:bool Isolation InitBinary ContainerdCommit:types.Commit RuncCommit:types.Commit
        InitCommit:types.Commit SecurityOptions:[]string ProductLicense
        DefaultAddressPools:[]types.NetworkAddressPool CDISpecDirs:[]string Warnings:[]string ServerErrors:[]string
        ClientInfo:*system.clientInfo ClientErrors:[]string""",
    "system.clientInfo": """
        Debug:bool Platform:*system.platformInfo Version APIVersion=ApiVersion DefaultAPIVersion GitCommit GoVersion
        Os Arch BuildTime Context Plugins:[]any Warnings:[]string""",
    "types.PluginsInfo": "Volume:[]string Network:[]string Authorization:[]string Log:[]string",
    "registry.ServiceConfig": """
        AllowNondistributableArtifactsCIDRs:[]string AllowNondistributableArtifactsHostnames:[]string
        InsecureRegistryCIDRs:[]string IndexConfigs:map[*registry.IndexInfo] Mirrors:[]string""",
    "registry.IndexInfo": "Name Mirrors:[]string Secure:bool Official:bool",
    "swarm.Info": """
        NodeID NodeAddr LocalNodeState ControlAvailable:bool Error RemoteManagers:[]any Nodes:int Managers:int
        Cluster:*any Warnings:[]string""",
    "types.Commit": "ID Expected",
    "types.NetworkAddressPool": "Base Size:int",
}

ZEROS: dict[str, object] = {"string": "", "int": 0, "bool": False, "any": None, "time": Time("0001-01-01T00:00:00Z")}


def typed(shape: str, raw: object) -> object:
    """The JSON value read as a Go value of that type."""
    if shape.startswith("*"):
        return _pointer(shape, raw)
    if shape.startswith("[]"):
        items = raw if isinstance(raw, list) else None
        return NilList() if items is None else [typed(shape[2:], item) for item in items]
    if shape.startswith("map["):
        return _map(shape[4:-1], raw)
    if shape in SHAPES:
        return struct(shape, raw)
    if shape == "struct{}":
        return Struct(shape, {}, {})
    if shape == "time" and isinstance(raw, str):
        return Time(raw)
    if shape == "duration":
        return Duration(raw if isinstance(raw, int) else 0)
    return ZEROS[shape] if raw is None else raw


def _map(shape: str, raw: object) -> TypedMap:
    if not isinstance(raw, dict):
        return NilMap({}, typed(shape, None))
    return TypedMap({key: typed(shape, value) for key, value in raw.items()}, typed(shape, None))


def _pointer(shape: str, raw: object) -> object:
    if raw is not None:
        value = typed(shape[1:], raw)
        return Struct(shape, value.fields, raw) if isinstance(value, Struct) else value
    names = tuple(name for name, _, _ in _fields(shape[1:])) if shape[1:] in SHAPES else ()
    return NilPointer(shape, names)


def struct(shape: str, raw: object) -> Struct:
    """The JSON object read as one of the ``SHAPES``."""
    values = raw if isinstance(raw, dict) else {}
    fields = {name: typed(kind, values.get(key)) for name, key, kind in _fields(shape)}
    return Struct(shape, fields, raw)


def _fields(shape: str) -> list[Field]:
    """Name, name in JSON, and type of each field."""
    fields = []
    for word in SHAPES[shape].split():
        names, _, kind = word.partition(":")
        name, _, key = names.partition("=")
        fields.append((name, key or name, kind or "string"))
    return fields


def untyped(raw: object) -> object:
    """The JSON value as it is, its numbers as their digits."""
    if isinstance(raw, dict):
        return {key: untyped(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [untyped(item) for item in raw]
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return Number(raw)
    return raw
