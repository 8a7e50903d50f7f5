// Lets Deno's kernel listen on Unix sockets that come as descriptors. It knows TCP only, and a TCP port would be open
// to everything in the container.
//
// Preloaded into Deno and nothing else: 127.0.0.1, ports 1 to 5, are the five sockets in SANDBOX_KERNEL_SOCKETS, once
// each. They and what they accept look like TCP to the program. Everything else is left as it is.
//
// cc -shared -fPIC -O2 -Wall -Wextra -Werror -o deno_sockets.so deno_sockets.c
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { COUNT = 5 };

// The sockets by port; -1 once used. Their directory tells what they accept from the program's own Unix sockets.
static int given[COUNT] = {-1, -1, -1, -1, -1};
static char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];

__attribute__((constructor)) static void take_sockets(void) {
    const char *text = getenv("SANDBOX_KERNEL_SOCKETS");
    for (int i = 0; i < COUNT && text && *text; i++) {
        char *end;
        given[i] = (int)strtol(text, &end, 10);
        fcntl(given[i], F_SETFD, FD_CLOEXEC);
        text = *end == ',' ? end + 1 : NULL;
    }
    struct sockaddr_un name = {0};
    socklen_t length = sizeof name;
    if (given[0] >= 0 && getsockname(given[0], (struct sockaddr *)&name, &length) == 0) {
        char *slash = strrchr(name.sun_path, '/');
        if (slash) memcpy(directory, name.sun_path, (size_t)(slash - name.sun_path) + 1);
    }
    // Neither the program nor what it starts is to know.
    unsetenv("SANDBOX_KERNEL_SOCKETS");
    unsetenv("LD_PRELOAD");
}

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

// Whether the descriptor is one of the sockets, or has been accepted by one.
static int is_given(int descriptor) {
    struct sockaddr_un name = {0};
    socklen_t length = sizeof name - 1;
    int (*real)(int, struct sockaddr *, socklen_t *) = next("getsockname");
    return directory[0] && real(descriptor, (struct sockaddr *)&name, &length) == 0 && name.sun_family == AF_UNIX &&
           strncmp(name.sun_path, directory, strlen(directory)) == 0;
}

static int answer_loopback(struct sockaddr *address, socklen_t *length) {
    struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (!address || !length) return 0;
    memcpy(address, &loopback, *length < sizeof loopback ? *length : sizeof loopback);
    *length = sizeof loopback;
    return 0;
}

int bind(int descriptor, const struct sockaddr *address, socklen_t length) {
    int (*real)(int, const struct sockaddr *, socklen_t) = next("bind");
    const struct sockaddr_in *wanted = (const struct sockaddr_in *)address;
    if (length >= sizeof *wanted && wanted->sin_family == AF_INET &&
        wanted->sin_addr.s_addr == htonl(INADDR_LOOPBACK)) {
        int index = ntohs(wanted->sin_port) - 1;
        if (index >= 0 && index < COUNT && given[index] >= 0) {
            int socket = given[index];
            given[index] = -1;
            if (dup3(socket, descriptor, O_CLOEXEC) < 0) return -1;
            close(socket);
            return 0;
        }
    }
    return real(descriptor, address, length);
}

int listen(int descriptor, int backlog) {
    int (*real)(int, int) = next("listen");
    return is_given(descriptor) ? 0 : real(descriptor, backlog);
}

int accept4(int descriptor, struct sockaddr *restrict address, socklen_t *restrict length, int flags) {
    int (*real)(int, struct sockaddr *, socklen_t *, int) = next("accept4");
    if (!is_given(descriptor)) return real(descriptor, address, length, flags);
    int accepted = real(descriptor, NULL, NULL, flags);
    if (accepted >= 0) answer_loopback(address, length);
    return accepted;
}

int getsockname(int descriptor, struct sockaddr *restrict address, socklen_t *restrict length) {
    int (*real)(int, struct sockaddr *, socklen_t *) = next("getsockname");
    return is_given(descriptor) ? answer_loopback(address, length) : real(descriptor, address, length);
}

int getpeername(int descriptor, struct sockaddr *restrict address, socklen_t *restrict length) {
    int (*real)(int, struct sockaddr *, socklen_t *) = next("getpeername");
    return is_given(descriptor) ? answer_loopback(address, length) : real(descriptor, address, length);
}

int setsockopt(int descriptor, int level, int option, const void *value, socklen_t length) {
    int (*real)(int, int, int, const void *, socklen_t) = next("setsockopt");
    return level == IPPROTO_TCP && is_given(descriptor) ? 0 : real(descriptor, level, option, value, length);
}
