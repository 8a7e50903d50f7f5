#define _GNU_SOURCE
#include "CWipingHeap.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CWH_SANITIZED 1
#endif
#endif

#ifdef CWH_SANITIZED

int cwh_is_active(void) { return 0; }

#else

/// What free(3) and realloc(3) are in libc; exported under these names since glibc 2.2.5.
extern void __libc_free(void *block);
extern void *__libc_realloc(void *block, size_t size);

/// Blocks that this thread has freed.
static _Thread_local unsigned freed;

/// Whether the block is a mapping of its own, which munmap(2) gives back: nothing of it stays in this process. glibc
/// keeps a block's size in the word before it, and this flag in bit 1 of it (malloc.c, IS_MMAPPED).
static int is_mapping(const void *block) { return (((const size_t *)block)[-1] & 2) != 0; }

#ifdef DEBUG
/// 0 if a negative control wants freed memory to be left as it is. Not in what is shipped: scripts/check-linkage looks.
static int wipes = 1;

/// Before main, and after the loader, which frees memory when there is no environment yet.
__attribute__((constructor)) static void choose(void) {
    const char *setting = getenv("SANDBOX_SERVER_WIPING_HEAP");
    wipes = setting == NULL || strcmp(setting, "off") != 0;
}
#else
enum { wipes = 1 };
#endif

void free(void *block) {
    if (block == NULL) return;
    freed++;
    if (wipes && !is_mapping(block)) explicit_bzero(block, malloc_usable_size(block));
    __libc_free(block);
}

/// Copies where libc would, too, or would cut a block in two: the part that is given up must be overwritten.
void *realloc(void *block, size_t size) {
    if (block == NULL) return malloc(size);
    if (size == 0) {
        free(block);
        return NULL;
    }
    // Moved by mremap(2), or copied and unmapped.
    if (is_mapping(block)) return __libc_realloc(block, size);
    size_t usable = malloc_usable_size(block);
    if (size <= usable && size >= usable / 2) return block;
    void *moved = malloc(size);
    if (moved == NULL) return NULL;
    memcpy(moved, block, size < usable ? size : usable);
    free(block);
    return moved;
}

int cwh_is_active(void) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) return 0;
    unsigned before = freed;
    // Frees the stream, in libc.
    fclose(stream);
    int counts = freed != before;
    free(text);
    return counts;
}

#endif
