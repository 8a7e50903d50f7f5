/// A heap that forgets: every block is overwritten when it is freed.
///
/// C because free(3) and realloc(3) are replaced for the whole program by defining symbols of these names, which the
/// loader then gives to libc and every library too (glibc manual, "Replacing malloc"). What a library copies of a
/// request (a read buffer, a string, a decoder's workspace) lives in blocks that nobody here owns; this is the one
/// place that sees all of them end.
#ifndef CWIPINGHEAP_H
#define CWIPINGHEAP_H

/// 1 if blocks that libc itself frees are overwritten, 0 if not: a sanitizer has a heap of its own.
int cwh_is_active(void);

#endif
