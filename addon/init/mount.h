// Mounts, by descriptor.
#pragma once

#include "open-in-root.h"

#include <linux/mount.h>

// mount_setattr on what the descriptor refers to, which must be a mount's root. Returns 0 or a negative errno.
long set_attributes(int descriptor, u64 set, u64 clear, bool recursive);

// The propagation of a mount: MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, MS_REC for all below.
long set_propagation(int descriptor, u64 flags);

// mount_setattr(MOUNT_ATTR_IDMAP) of a detached tree.
long map_ids(int tree, int user_namespace, bool recursive);

// Attaches a detached tree at target, both descriptors.
long attach(int tree, int target);

// Attaches a tree for `path` and notes which mount that is. Its descriptor goes into the slot `keep`, where later steps find it
// without a look at the path. `below` is what fstatx (STATX_MNT_ID) says of target. Returns 0, or what Context::fail returns.
int attach_for(Context &context, Descriptor tree, int target, const struct statx &below, Str path, u32 keep);
// For who knows already what fstatx (STATX_MNT_ID) says of tree.
int attach_for(Context &context, Descriptor tree, const struct statx &status, int target, const struct statx &below, Str path, u32 keep);

// The same for a mount that mount(2) has put on target, and so without a descriptor.
int note_attached(Context &context, const struct statx &below, Str path, u32 keep);

// The mount a step is to change: the one that was kept in `slot`, or else the one at path in the root, which is the one that
// attach_for put there last, or ESTALE. Returns a descriptor, which `opened` may own, or a negative errno.
int find_mount(Context &context, u32 slot, Str path, Descriptor &opened);

// Clones what the descriptor refers to, as a detached tree.
Descriptor clone_tree(int descriptor, bool recursive);

// Attaches a shared mount at one more place.
long attach_shared(SharedMount &mount, int target);

// Opens the directory a mount goes on, made if missing; refuses the root itself, and for a path that isn't below /proc whatever
// of the container's /proc its symlinks lead to (CVE-2019-16884, CVE-2025-52881: the planner has checked the path, not where
// it leads). `status` gets what fstatx (STATX_BASIC_STATS | STATX_MNT_ID) says of it. Returns 0, or what Context::fail returns.
int open_target(Context &context, Str path, Kind kind, u32 mode, u64 resolve, Descriptor &target, struct statx &status,
                bool &made);

// Opens the file a mount goes on, its last component not followed; an empty one is made if there is nothing. Returns 0, or what
// Context::fail returns.
int open_file_target(Context &context, Str path, u32 mode, Descriptor &target);

// Opens what is at a place, for a file to be mounted over it: whatever it is but a directory, and no symlink is followed. Returns 0, or
// what Context::fail returns.
int open_covered(Context &context, const Place &place, Str path, Descriptor &found);
