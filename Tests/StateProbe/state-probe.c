// Runs inside the namespaces and says what it is and what it may do. Static, so that it needs nothing there.
//
//   state-probe                          its state as one JSON object
//   state-probe calls NAME[,ARG]...      makes raw system calls and prints the errno of each; arguments default to -1
//   state-probe tree exit|stay           starts children that are hard to end, then ends or stays itself
//   state-probe fill DIRECTORY|FILE      makes files, or writes bytes, until an error; prints how many and which error
//   state-probe terminals                opens terminals until an error; prints how many and which error
//   state-probe connect PATH             greets a helper's socket; prints the answer's operation or the error
//   state-probe storm                    stops every other process that it sees, for ever

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void fail(const char *what) {
    fprintf(stderr, "state-probe: %s: %s\n", what, strerror(errno));
    exit(70);
}

static void text(const char *value, size_t length) {
    putchar('"');
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)value[i];
        if (byte == '"' || byte == '\\') printf("\\%c", byte);
        else if (byte < 0x20 || byte >= 0x7F) printf("\\u%04x", byte);
        else putchar(byte);
    }
    putchar('"');
}

static void string(const char *value) { text(value, strlen(value)); }

static char status_text[16384];

static const char *status_field(const char *name) {
    static char value[256];
    char start[64];
    snprintf(start, sizeof start, "\n%s:\t", name);
    const char *found = strstr(status_text, start);
    if (!found) return "";
    found += strlen(start);
    size_t length = strcspn(found, "\n");
    if (length >= sizeof value) length = sizeof value - 1;
    memcpy(value, found, length);
    value[length] = 0;
    return value;
}

static void numbers_of(const char *key, const char *field) {
    printf("\"%s\":[", key);
    char copy[256];
    snprintf(copy, sizeof copy, "%s", status_field(field));
    char *rest = copy, *part;
    for (int i = 0; (part = strsep(&rest, "\t "));)
        if (*part) printf("%s%s", i++ ? "," : "", part);
    printf("],\n");
}

static const char *kind(int descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) return "unknown";
    if (S_ISFIFO(status.st_mode)) return "fifo";
    if (S_ISSOCK(status.st_mode)) return "socket";
    if (S_ISREG(status.st_mode)) return "file";
    if (S_ISDIR(status.st_mode)) return "directory";
    if (S_ISCHR(status.st_mode)) {
        if (status.st_rdev == makedev(1, 3)) return "null";
        return isatty(descriptor) ? "terminal" : "device";
    }
    return "unknown";
}

static void descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    if (!directory) fail("/proc/self/fd");
    printf("\"descriptors\":[");
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        int number = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || number == dirfd(directory)) continue;
        printf("%s\"%d %s\"", count++ ? "," : "", number, kind(number));
    }
    closedir(directory);
    printf("],\n");
}

static void limits(void) {
    static const char *const names[] = {
        "cpu",  "fileSize", "data",    "stack",    "core",           "residentSet",  "processes", "openFiles",
        "lockedMemory", "addressSpace", "locks", "pendingSignals", "messageQueues", "nice", "realTimePriority",
        "realTimeTime",
    };
    printf("\"limits\":{");
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit;
        if (getrlimit((__rlimit_resource_t)i, &limit) != 0) fail("getrlimit");
        printf("%s\"%s\":[", i ? "," : "", names[i]);
        if (limit.rlim_cur == RLIM_INFINITY) printf("\"unlimited\",");
        else printf("\"%llu\",", (unsigned long long)limit.rlim_cur);
        if (limit.rlim_max == RLIM_INFINITY) printf("\"unlimited\"]");
        else printf("\"%llu\"]", (unsigned long long)limit.rlim_max);
    }
    printf("},\n");
}

static void namespaces(void) {
    static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
    printf("\"namespaces\":{");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64], link[64];
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        ssize_t length = readlink(path, link, sizeof link);
        printf("%s\"%s\":", i ? "," : "", names[i]);
        text(link, length > 0 ? (size_t)length : 0);
    }
    printf("},\n");
}

static void mounts(void) {
    FILE *file = fopen("/proc/self/mountinfo", "re");
    if (!file) fail("mountinfo");
    static char line[65536];
    printf("\"mounts\":[");
    for (int count = 0; fgets(line, sizeof line, file);) {
        // id parent device root point options [tags...] - type source super-options
        char *fields[7] = {0}, *rest = line;
        for (int i = 0; i < 6; i++) fields[i] = strsep(&rest, " ");
        if (!rest) continue;
        char *type = rest;
        if (strncmp(rest, "- ", 2) != 0 && !(type = strstr(rest, " - "))) continue;
        type += *type == ' ' ? 3 : 2;
        char *source = type + strcspn(type, " ");
        *source++ = 0;
        char *super = source + strcspn(source, " ");
        *super++ = 0;
        super[strcspn(super, "\n")] = 0;
        printf("%s\n{\"point\":", count++ ? "," : "");
        string(fields[4]);
        printf(",\"type\":");
        string(type);
        printf(",\"root\":");
        string(fields[3]);
        printf(",\"options\":");
        string(fields[5]);
        printf(",\"superOptions\":");
        string(super);
        putchar('}');
    }
    fclose(file);
    printf("],\n");
}

static void environment_names(void) {
    printf("\"environment\":[");
    for (char **entry = environ; *entry; entry++) {
        if (entry != environ) putchar(',');
        text(*entry, strcspn(*entry, "="));
    }
    printf("],\n");
}

static const char *whole_file(const char *path) {
    static char content[256];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, content, sizeof content - 1);
    if (file >= 0) close(file);
    content[length > 0 ? length : 0] = 0;
    content[strcspn(content, "\n")] = 0;
    return content;
}

static int state(void) {
    char directory[PATH_MAX];
    mode_t mask = umask(0);
    umask(mask);
    int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (file < 0 || read(file, status_text, sizeof status_text - 1) <= 0) fail("status");
    close(file);
    int death_signal = -1, subreaper = -1;
    prctl(PR_GET_PDEATHSIG, &death_signal);
    prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal >= 0) close(terminal);
    if (!getcwd(directory, sizeof directory)) fail("getcwd");
    long keyring = syscall(SYS_keyctl, 0, -3, 0, 0, 0);
    int keyring_error = keyring < 0 ? errno : 0;

    printf("{\n");
    numbers_of("uids", "Uid");
    numbers_of("gids", "Gid");
    numbers_of("groups", "Groups");
    static const char *const sets[][2] = {{"inheritable", "CapInh"}, {"permitted", "CapPrm"}, {"effective", "CapEff"},
                                          {"bounding", "CapBnd"}, {"ambient", "CapAmb"}};
    printf("\"capabilities\":{");
    for (int i = 0; i < 5; i++) printf("%s\"%s\":\"%s\"", i ? "," : "", sets[i][0], status_field(sets[i][1]));
    printf("},\n");
    printf("\"noNewPrivileges\":%s,\n", status_field("NoNewPrivs"));
    printf("\"seccomp\":%s,\n", status_field("Seccomp"));
    printf("\"seccompFilters\":%s,\n", status_field("Seccomp_filters"));
    printf("\"signals\":{\"pending\":\"%s\",", status_field("SigPnd"));
    printf("\"blocked\":\"%s\",", status_field("SigBlk"));
    printf("\"ignored\":\"%s\",", status_field("SigIgn"));
    printf("\"caught\":\"%s\"},\n", status_field("SigCgt"));
    printf("\"threads\":%s,\n", status_field("Threads"));
    descriptors();
    printf("\"workingDirectory\":");
    string(directory);
    printf(",\n\"fileModeMask\":\"%04o\",\n", mask);
    limits();
    namespaces();
    mounts();
    environment_names();
    printf("\"sessionLeader\":%s,\n", getsid(0) == getpid() ? "true" : "false");
    printf("\"groupLeader\":%s,\n", getpgrp() == getpid() ? "true" : "false");
    printf("\"controllingTerminal\":%s,\n", terminal >= 0 ? "true" : "false");
    printf("\"dumpable\":%d,\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    printf("\"outOfMemoryScore\":%s,\n", whole_file("/proc/self/oom_score_adj"));
    printf("\"parentDeathSignal\":%d,\n", death_signal);
    printf("\"subreaper\":%d,\n", subreaper);
    printf("\"keyring\":\"%s\",\n", keyring_error ? strerrorname_np(keyring_error) : "0");
    printf("\"pid\":%d,\n\"parent\":%d\n}\n", getpid(), getppid());
    return 0;
}

#define CALL(name) {#name, SYS_##name}
static const struct {
    const char *name;
    long number;
} calls[] = {
    CALL(clone3), CALL(open_tree), CALL(move_mount), CALL(fsopen), CALL(fsconfig), CALL(fsmount), CALL(fspick),
    CALL(mount_setattr), CALL(io_uring_setup), CALL(io_uring_enter), CALL(io_uring_register), CALL(keyctl),
    CALL(add_key), CALL(request_key), CALL(unshare), CALL(setns), CALL(mount), CALL(umount2), CALL(pivot_root),
    CALL(chroot), CALL(clone), CALL(acct), CALL(bpf), CALL(clock_settime), CALL(clock_adjtime), CALL(settimeofday),
    CALL(adjtimex), CALL(delete_module), CALL(init_module), CALL(finit_module), CALL(kexec_load), CALL(reboot),
    CALL(swapon), CALL(swapoff), CALL(quotactl), CALL(quotactl_fd), CALL(syslog), CALL(sethostname),
    CALL(setdomainname), CALL(vhangup), CALL(fanotify_init), CALL(open_by_handle_at), CALL(perf_event_open),
    CALL(userfaultfd), CALL(mbind), CALL(set_mempolicy), CALL(set_mempolicy_home_node), CALL(get_mempolicy),
    CALL(migrate_pages), CALL(move_pages), CALL(process_madvise), CALL(vmsplice), CALL(kcmp), CALL(pidfd_getfd),
    CALL(socket), CALL(socketpair), CALL(ioctl), CALL(personality), CALL(ptrace), CALL(process_vm_readv),
    CALL(process_vm_writev), CALL(execve), CALL(execveat), CALL(kill), CALL(pidfd_open), CALL(memfd_create),
    CALL(getpid), CALL(setpriority), CALL(prlimit64), CALL(sched_setaffinity), CALL(setresuid), CALL(setresgid),
    CALL(mknodat), CALL(seccomp), CALL(landlock_create_ruleset), CALL(name_to_handle_at), CALL(inotify_init1),
    CALL(listen), CALL(prctl),
#ifdef __x86_64__
    CALL(iopl), CALL(ioperm), CALL(modify_ldt), CALL(_sysctl), CALL(create_module), CALL(query_module),
    CALL(get_kernel_syms), CALL(nfsservctl), CALL(uselib), CALL(ustat), CALL(sysfs), CALL(lookup_dcookie),
    CALL(kexec_file_load), {"uretprobe", 335}, {"uprobe", 336},
#endif
    // Younger than Debian 12's headers; the same on every architecture.
    {"lsm_set_self_attr", 460}, {"open_tree_attr", 467}, {"listns", 470}, {"nobody_knows", 1000},
};

static int make_calls(char **list) {
    for (; *list; list++) {
        char name[128];
        snprintf(name, sizeof name, "%s", *list);
        char *rest = name, *word = strsep(&rest, ",");
        long number = -1, arguments[6] = {-1, -1, -1, -1, -1, -1};
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
            if (strcmp(calls[i].name, word) == 0) number = calls[i].number;
        if (strncmp(word, "number", 6) == 0) number = strtol(word + 6, NULL, 0);
        if (number < 0) {
            printf("%s unknown\n", *list);
            continue;
        }
        for (int i = 0; i < 6 && rest; i++) arguments[i] = (long)strtoull(strsep(&rest, ","), NULL, 0);
        fflush(stdout);
        pid_t self = (pid_t)syscall(SYS_getpid);
        long *a = arguments;
        long result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
        int error = result < 0 ? errno : 0;
        // A clone that was let through.
        if ((pid_t)syscall(SYS_getpid) != self) _exit(0);
        printf("%s %s\n", *list, error ? strerrorname_np(error) : "0");
    }
    return 0;
}

#ifdef __x86_64__
static int foreign_architecture(void) {
    long result;
    // getpid of i386 through its own gate.
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
    printf("survived %ld\n", result);
    return 0;
}
#endif

enum { ready_byte = 'r' };

static void settle(int ready) {
    char byte = ready_byte;
    if (write(ready, &byte, 1) != 1) _exit(71);
    close(ready);
    for (;;) pause();
}

static void ignore_all(void) {
    for (int number = 1; number < NSIG; number++) signal(number, SIG_IGN);
}

static int tree(const char *mode) {
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) != 0) fail("pipe");
    int count = 0;
    // A child that takes no signal.
    if (fork() == 0) {
        ignore_all();
        settle(ready[1]);
    }
    count++;
    // One in a session of its own.
    if (fork() == 0) {
        setsid();
        settle(ready[1]);
    }
    count++;
    // A daemon: session, second fork, no signal, and no death with its parent.
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            ignore_all();
            prctl(PR_SET_PDEATHSIG, 0);
            settle(ready[1]);
        }
        _exit(0);
    }
    count++;
    // One that has a stopped child.
    if (fork() == 0) {
        pid_t stopped = fork();
        if (stopped == 0) {
            raise(SIGSTOP);
            for (;;) pause();
        }
        int status;
        if (waitpid(stopped, &status, WUNTRACED) != stopped || !WIFSTOPPED(status)) _exit(71);
        settle(ready[1]);
    }
    count++;
    close(ready[1]);
    for (int i = 0; i < count; i++) {
        char byte;
        if (read(ready[0], &byte, 1) != 1) fail("a child");
    }
    if (strcmp(mode, "stay") == 0) ignore_all();
    printf("ready\n");
    fflush(stdout);
    if (strcmp(mode, "exit") == 0) return 5;
    for (;;) pause();
}

static int fill(const char *path) {
    struct stat status;
    unsigned long long count = 0;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        for (;; count++) {
            char name[PATH_MAX];
            snprintf(name, sizeof name, "%s/fill-%llu", path, count);
            int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
            if (file < 0) break;
            close(file);
        }
    } else {
        static const char block[65536];
        int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (file < 0) fail(path);
        for (ssize_t written; (written = write(file, block, sizeof block)) > 0;) count += (unsigned long long)written;
    }
    printf("%llu %s\n", count, strerrorname_np(errno));
    return 0;
}

static int terminals(void) {
    int count = 0;
    while (open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC) >= 0) count++;
    printf("%d %s\n", count, strerrorname_np(errno));
    return 0;
}

static int greet(const char *path) {
    int channel = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    static const unsigned char hello[32] = {'N', 'S', 'H', '1', 1, 0, 1, 0, 1};
    unsigned char answer[65536];
    if (connect(channel, (struct sockaddr *)&address, sizeof address) != 0) {
        printf("%s\n", strerrorname_np(errno));
        return 0;
    }
    if (send(channel, hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello ||
        recv(channel, answer, sizeof answer, 0) < 32)
        printf("closed\n");
    else
        printf("%02x%02x\n", answer[7], answer[6]);
    return 0;
}

static int storm(void) {
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        for (int pid = 2; pid < 4096; pid++)
            if (pid != getpid()) kill(pid, SIGSTOP);
    }
}

int main(int count, char **arguments) {
    const char *mode = count > 1 ? arguments[1] : "state";
    if (strcmp(mode, "state") == 0) return state();
    if (strcmp(mode, "calls") == 0) return make_calls(arguments + 2);
    if (strcmp(mode, "tree") == 0 && count > 2) return tree(arguments[2]);
    if (strcmp(mode, "fill") == 0 && count > 2) return fill(arguments[2]);
    if (strcmp(mode, "terminals") == 0) return terminals();
    if (strcmp(mode, "connect") == 0 && count > 2) return greet(arguments[2]);
    if (strcmp(mode, "storm") == 0) return storm();
#ifdef __x86_64__
    if (strcmp(mode, "foreign") == 0) return foreign_architecture();
#endif
    fprintf(stderr, "state-probe: unknown mode %s\n", mode);
    return 64;
}
