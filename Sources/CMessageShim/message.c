#define _GNU_SOURCE
#include "CMessageShim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// Room for what a hostile peer may send at most in one packet (SCM_MAX_FD, unix(7)), so that nothing is
// ever truncated silently and every received descriptor can be closed.
enum { max_received = 253 };

int cms_socketpair(int ends[static 2]) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : errno;
}

int cms_streampair(int ends[static 2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : errno;
}

int cms_pipe(int ends[static 2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno; }

int cms_send(int socket, const void *record, size_t length, const int *descriptors,
             size_t descriptor_count, int dont_wait) {
    union {
        char bytes[CMSG_SPACE(sizeof(int) * 8)];
        struct cmsghdr align;
    } control;
    if (length == 0 || descriptor_count > 8) return EINVAL;
    struct iovec vector = {.iov_base = (void *)record, .iov_len = length};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (descriptor_count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptor_count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * descriptor_count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * descriptor_count);
    }
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL | (dont_wait ? MSG_DONTWAIT : 0));
    while (sent < 0 && errno == EINTR);
    if (sent < 0) return errno;
    return (size_t)sent == length ? 0 : EMSGSIZE;
}

int cms_receive(int socket, void *buffer, size_t capacity, size_t *length, int *descriptors,
                size_t *descriptor_count, int dont_wait) {
    union {
        char bytes[CMSG_SPACE(sizeof(int) * max_received)];
        struct cmsghdr align;
    } control;
    size_t wanted = *descriptor_count;
    *descriptor_count = 0;
    *length = 0;
    struct iovec vector = {.iov_base = buffer, .iov_len = capacity};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t received;
    do received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (dont_wait ? MSG_DONTWAIT : 0));
    while (received < 0 && errno == EINTR);
    if (received < 0) return errno;

    int acceptable = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    size_t count = 0;
    int found[max_received];
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
            acceptable = 0;
            continue;
        }
        // The count comes from cmsg_len: the space for three descriptors holds four (alignment).
        size_t here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (here > max_received - count) here = max_received - count;
        memcpy(found + count, CMSG_DATA(header), here * sizeof(int));
        count += here;
    }
    // An empty packet looks like the peer's end, after which nobody would ask for its descriptors.
    if (!acceptable || count > wanted || (received == 0 && count > 0)) {
        for (size_t i = 0; i < count; i++) close(found[i]);
        return EBADMSG;
    }
    memcpy(descriptors, found, count * sizeof(int));
    *descriptor_count = count;
    *length = (size_t)received;
    return 0;
}

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

int cms_memfd(const char *name, int *descriptor) {
    // Hosts with vm.memfd_noexec=2 demand MFD_NOEXEC_SEAL; kernels before 6.3 do not know it.
    *descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (*descriptor < 0 && errno == EINVAL) *descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return *descriptor >= 0 ? 0 : errno;
}

enum { all_seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

int cms_seal(int descriptor) { return fcntl(descriptor, F_ADD_SEALS, all_seals) == 0 ? 0 : errno; }

int cms_check_sealed(int descriptor) {
    int seals = fcntl(descriptor, F_GET_SEALS);
    if (seals < 0) return errno;
    return (seals & all_seals) == all_seals ? 0 : EPERM;
}

int cms_peer(int socket, uid_t *uid, pid_t *pid) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return errno;
    *uid = peer.uid;
    *pid = peer.pid;
    return 0;
}

static int unix_address(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (path[0] != '/') return EINVAL;
    if (strlen(path) >= sizeof address->sun_path) return ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}

int cms_listen(const char *path, int backlog, int *descriptor) {
    struct sockaddr_un address;
    int error = unix_address(path, &address);
    if (error) return error;
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return errno;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, backlog) != 0) {
        error = errno;
        close(listener);
        return error;
    }
    *descriptor = listener;
    return 0;
}

int cms_connect(const char *path, int *descriptor) {
    struct sockaddr_un address;
    int error = unix_address(path, &address);
    if (error) return error;
    int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connection < 0) return errno;
    int connected;
    do connected = connect(connection, (struct sockaddr *)&address, sizeof address);
    while (connected != 0 && errno == EINTR);
    if (connected != 0) {
        error = errno;
        close(connection);
        return error;
    }
    *descriptor = connection;
    return 0;
}

int cms_accept(int listener, int *descriptor) {
    *descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    return *descriptor >= 0 ? 0 : errno;
}

int cms_readable_bytes(int descriptor, size_t *bytes) {
    int count = 0;
    if (ioctl(descriptor, FIONREAD, &count) != 0) return errno;
    *bytes = count > 0 ? (size_t)count : 0;
    return 0;
}

int cms_process_state(int *no_new_privs, int *seccomp_mode, int *dumpable) {
    int value = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    if (value < 0) return errno;
    *no_new_privs = value;
    if ((value = prctl(PR_GET_SECCOMP, 0, 0, 0, 0)) < 0) return errno;
    *seccomp_mode = value;
    if ((value = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)) < 0) return errno;
    *dumpable = value;
    return 0;
}

int cms_set_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno; }
