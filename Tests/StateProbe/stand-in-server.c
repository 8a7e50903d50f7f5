// Plays the server in tests of the helper alone: holds its descriptors, does nothing, and ends when it is told to
// or when the helper goes away. What else it does is chosen by SANDBOX_SERVER_STAND_IN, that is --server-stand-in:
//   exit=N     ends at once with this status
//   crash      ends at once by SIGABRT
//   stay       does not end when it gets SIGTERM
//   spawn      starts `sleep 1000` in user and in secure, prints "spawned", and asks for the pair's shutdown in vain

#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { channel = 3 };

static void put(unsigned char *to, uint64_t value, int size) {
    for (int i = 0; i < size; i++) to[i] = (unsigned char)(value >> 8 * i);
}

static size_t field(unsigned char *to, unsigned tag, const char *value, size_t length) {
    put(to, tag, 4);
    put(to + 4, length, 4);
    memcpy(to + 8, value, length);
    return 8 + length;
}

/// Sends one request (Docs/HelperProtocol.md) and returns the operation that answers it.
static unsigned ask(unsigned operation, uint64_t id, const unsigned char *fields, size_t length, const int *descriptors,
                    size_t count) {
    unsigned char record[1024] = "NSH1";
    put(record + 4, 1, 2);
    put(record + 6, operation, 2);
    put(record + 8, id, 8);
    put(record + 16, length, 4);
    put(record + 20, count, 2);
    if (length) memcpy(record + 32, fields, length);
    struct iovec vector = {.iov_base = record, .iov_len = 32 + length};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    char control[CMSG_SPACE(4 * sizeof(int))] = {0};
    if (count) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    }
    unsigned char answer[65536];
    if (sendmsg(channel, &message, MSG_NOSIGNAL) < 0) return 0;
    // Events carry id 0.
    do {
        if (read(channel, answer, sizeof answer) < 32) return 0;
    } while (answer[8] == 0);
    return answer[6] | (unsigned)answer[7] << 8;
}

static unsigned spawn(unsigned char namespace, uint64_t id) {
    static const char payload[] = "NSA1\2\0\0\0\0\0\0\0\x0b\0\0\0sleep\0" "1000";
    unsigned char fields[256];
    size_t length = field(fields, 1, (const char[]){(char)namespace}, 1);
    length += field(fields + length, 2, "/bin/sleep", 10);
    length += field(fields + length, 3, "/", 1);
    int memory = memfd_create("payload", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (write(memory, payload, sizeof payload) != sizeof payload) return 0;
    fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    unsigned answer = ask(2, id, fields, length, (const int[]){memory, null, null, null}, 4);
    close(null);
    close(memory);
    return answer;
}

int main(void) {
    const char *wish = getenv("SANDBOX_SERVER_STAND_IN");
    if (!wish) wish = "";
    if (strncmp(wish, "exit=", 5) == 0) return atoi(wish + 5);
    if (strcmp(wish, "crash") == 0) abort();
    if (strcmp(wish, "stay") == 0) signal(SIGTERM, SIG_IGN);
    if (strcmp(wish, "spawn") == 0) {
        int good = ask(1, 1, NULL, 0, NULL, 0) == 0x8001 && spawn(2, 2) == 0x8002 && spawn(3, 3) == 0x8002 &&
                   ask(8, 4, NULL, 0, NULL, 0) == 0xffff;
        puts(good ? "spawned" : "could not spawn");
        fflush(stdout);
    }
    struct pollfd helper = {.fd = channel, .events = POLLIN};
    char record[65536];
    do {
        if (poll(&helper, 1, -1) < 0) return 1;
    } while (read(channel, record, sizeof record) > 0);
    return 0;
}
