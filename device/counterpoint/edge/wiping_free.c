/* Stands before glibc's free and realloc, and wipes a piece of memory whole before glibc has it back.
 *
 * One rule: what is freed is zero, to its last byte. glibc's own `perturb` wipes size - 16 bytes of a piece whose user has
 * size - 8: a word of up to 7 letters lay on in the last 8 (models/recogniser.md). realloc moves by hand, since glibc's
 * would free the old place by itself.
 *
 * device/set-up compiles it; edge/wiped_memory.py has it loaded (LD_PRELOAD).
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <string.h>

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *piece);

void free(void *piece)
{
    if (piece == NULL)
        return;
    explicit_bzero(piece, malloc_usable_size(piece)); /* a plain memset before a free may be optimised away */
    __libc_free(piece);
}

void *realloc(void *piece, size_t size)
{
    if (piece == NULL)
        return __libc_malloc(size);
    if (size == 0) {
        free(piece);
        return NULL;
    }
    size_t had = malloc_usable_size(piece);
    if (had / 2 <= size && size <= had) { /* stays where it is */
        explicit_bzero((char *)piece + size, had - size);
        return piece;
    }
    void *moved = __libc_malloc(size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, piece, size < had ? size : had);
    free(piece);
    return moved;
}
