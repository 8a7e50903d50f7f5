#ifndef CNS_FORKER_H
#define CNS_FORKER_H

#include "cns_process.h"

#pragma clang assume_nonnull begin

/// How long a forker may take to obey before it is killed: it only clones, so somebody has stopped it.
enum { cns_forker_patience_milliseconds = 2000 };

/// Starts a process that clones children for the caller, so that they are born with its credentials: a Landlock domain
/// that all of them share cannot be entered in any other way. It shares the caller's memory and descriptors, ends with
/// the caller, and can be looked into by nobody as long as the caller is not dumpable. There is one at a time: the one
/// before must have ended.
int cns_forker_start(struct cns_child *forker);

/// Lets the forker run steps on itself; one that fails is reported, and is the forker's end. ECHILD if it has ended or
/// is stopped; then it is killed.
int cns_forker_run(int forker, const struct cns_step *steps, size_t count, int report);

/// The same as cns_clone, by the forker; the child is the caller's.
int cns_forker_clone(int forker, const struct cns_step *steps, size_t count, int report, struct cns_child *child);

#pragma clang assume_nonnull end

#endif
