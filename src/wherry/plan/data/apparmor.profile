# What a container may do where the kernel has AppArmor: the rules of Docker's profile of this name
# (moby, profiles/apparmor/template.go), written without variables.
include if exists <tunables/global>

profile docker-default flags=(attach_disconnected,mediate_deleted) {
  include if exists <abstractions/base>

  network,
  capability,
  file,
  umount,

  # The host and the runtimes may send signals, and processes of containers among themselves.
  signal (receive) peer=unconfined,
  signal (receive) peer=runc,
  signal (receive) peer=crun,
  signal (send,receive) peer=docker-default,
  # ps needs this inside a container.
  ptrace (trace,read,tracedby,readby) peer=docker-default,

  deny mount,

  # Of /proc, a process's own part may be written, and kernel/shm*.
  deny /proc/* w,
  deny /proc/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9/]*}/** w,
  deny /proc/sys/[^k]** w,
  deny /proc/sys/kernel/{?,??,[^s][^h][^m]**} w,
  deny /proc/sysrq-trigger rwklx,
  deny /proc/kcore rwklx,

  # Of /sys, the control groups may be written.
  deny /sys/[^f]*/** wklx,
  deny /sys/f[^s]*/** wklx,
  deny /sys/fs/[^c]*/** wklx,
  deny /sys/fs/c[^g]*/** wklx,
  deny /sys/fs/cg[^r]*/** wklx,
  deny /sys/firmware/** rwklx,
  deny /sys/devices/virtual/powercap/** rwklx,
  deny /sys/kernel/security/** rwklx,
}
