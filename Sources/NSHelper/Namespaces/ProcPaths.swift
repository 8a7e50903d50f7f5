/// Parts of /proc and /sys that container engines cover. A fresh /proc comes without those covers, so every
/// /proc the helper mounts gets them again (list: moby daemon/pkg/oci/defaults.go).
enum ProcPaths {
    /// Covered with emptiness.
    static let masked = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
    ]
    /// Bound onto themselves read-only: uid 0 owns core_pattern and friends, whatever its capabilities.
    static let readOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    /// Covered in /sys.
    static let maskedSys = [
        "/sys/firmware", "/sys/devices/virtual/powercap", "/sys/kernel/security", "/sys/kernel/debug",
        "/sys/kernel/tracing", "/sys/fs/bpf", "/sys/fs/pstore",
    ]
}
