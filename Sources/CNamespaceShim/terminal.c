#define _GNU_SOURCE
#include "cns_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

// Runs as the target uid inside the target mount namespace: devpts gives the slave to whoever opens the
// multiplexer, and the instance is the one mounted there. The slave is opened through the master
// (TIOCGPTPEER, Linux 4.13), never by a path (CVE-2025-52565).
//
// Where the slave's owner is everybody, others must not open it, for they would get what is typed. TIOCEXCL refuses
// them from then on; but set on the master it means nothing to the slave, and a locked slave is not to be had by
// TIOCGPTPEER either (EIO). So somebody who tries all the time can come in between the unlocking and TIOCEXCL, which
// therefore follow each other at once.
int cns_open_terminal(unsigned rows, unsigned columns, int is_exclusive, int report) {
    int unlock = 0, error = 0;
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) return errno;
    int slave = -1;
    if (ioctl(master, TIOCSWINSZ, &size) != 0 || ioctl(master, TIOCSPTLCK, &unlock) != 0) error = errno;
    if (!error && (slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) error = errno;
    if (!error && is_exclusive && ioctl(slave, TIOCEXCL) != 0) error = errno;
    for (int target = 0; target < 3 && !error; target++)
        if (dup2(slave, target) < 0) error = errno;
    if (!error && ioctl(0, TIOCSCTTY, 0) != 0) error = errno;
    int ends[2] = {master, slave};
    if (!error) error = cns_send_report(report, (struct cns_report){.kind = CNS_REPORT_TERMINAL}, ends, 2);
    if (slave >= 0) close(slave);
    close(master);
    return error;
}
