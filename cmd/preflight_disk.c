// SPDX-License-Identifier: MIT
#include "preflight_disk.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/histogram.h"
#include "base/io.h"
#include "store/store.h"
#include "preflight_model.h"

enum {
    ROOM_MIN = 16 << 20, // less is no measurement
    ROOM_MAX = AS_SEGMENT_BYTES,
    ROOM_PART = 4, // of the free space
    PROBES = 32,
    PROBE_BYTES = 4096,
    // Of fdatasync's median. The fastest flash and Optane answer one write in about ten
    // microseconds, and fdatasync is a write and usually a flush.
    SYNC_NS_MIN = 10 * AS_NS_PER_US,
    MOUNTS_MAX = 4 << 20, // bytes of mountinfo
    SEGMENTS_FREE = 2,    // that should fit where no plan says more
};

// ---- Its kind -----------------------------------------------------------------------------------

enum trust { TRUSTED, DOUBTFUL, UNSAFE, VOLATILE };

struct file_system {
    uint32_t type; // statfs(2)'s f_type
    const char *name;
    enum trust trust;
};

// Those that linux/magic.h does not know are from the file systems' own sources.
static const struct file_system file_systems[] = {
    {EXT4_SUPER_MAGIC, "ext4", TRUSTED}, // ext2 and ext3, too
    {XFS_SUPER_MAGIC, "xfs", TRUSTED},    {BTRFS_SUPER_MAGIC, "btrfs", TRUSTED},
    {F2FS_SUPER_MAGIC, "f2fs", TRUSTED},  {0x2fc12fc1, "zfs", TRUSTED},
    {0xca451a4e, "bcachefs", TRUSTED},    {OVERLAYFS_SUPER_MAGIC, "overlay", DOUBTFUL},
    {FUSE_SUPER_MAGIC, "fuse", DOUBTFUL}, {TMPFS_MAGIC, "tmpfs", VOLATILE},
    {RAMFS_MAGIC, "ramfs", VOLATILE},     {HUGETLBFS_MAGIC, "hugetlbfs", VOLATILE},
    {NFS_SUPER_MAGIC, "nfs", UNSAFE},     {SMB_SUPER_MAGIC, "smb", UNSAFE},
    {CIFS_SUPER_MAGIC, "cifs", UNSAFE},   {SMB2_SUPER_MAGIC, "smb2", UNSAFE},
    {V9FS_MAGIC, "9p", UNSAFE},           {AFS_FS_MAGIC, "afs", UNSAFE},
    {AFS_SUPER_MAGIC, "afs", UNSAFE},     {CODA_SUPER_MAGIC, "coda", UNSAFE},
    {NCP_SUPER_MAGIC, "ncp", UNSAFE},     {CEPH_SUPER_MAGIC, "ceph", UNSAFE},
    {OCFS2_SUPER_MAGIC, "ocfs2", UNSAFE}, {0x01161970, "gfs2", UNSAFE},
    {0x0bd00bd0, "lustre", UNSAFE},       {0x47504653, "gpfs", UNSAFE},
    {0x19830326, "beegfs", UNSAFE},       {0x786f4256, "vboxsf", UNSAFE},
};

static const struct file_system *find_file_system(uint32_t type) {
    for (size_t i = 0; i < sizeof file_systems / sizeof *file_systems; i++) {
        if (file_systems[i].type == type)
            return &file_systems[i];
    }
    return NULL;
}

// An overlay that is mounted "volatile" does not sync at all. A line of mountinfo:
//   36 35 98:0 / /mnt rw,noatime - overlay overlay rw,lowerdir=…,volatile
static bool is_volatile_overlay(const char *directory) {
    struct as_buffer mounts = {0};
    struct as_error ignored;
    struct stat st;
    char device[32];
    bool found = false;
    if (stat(directory, &st) != 0 ||
        as_io_read_file("/proc/self/mountinfo", MOUNTS_MAX, &mounts, &ignored)) {
        as_buffer_free(&mounts);
        return false;
    }
    snprintf(device, sizeof device, " %u:%u ", major(st.st_dev), minor(st.st_dev));
    as_buffer_u8(&mounts, 0);
    for (char *rest = (char *)mounts.data, *line; (line = strsep(&rest, "\n"));)
        found = found || (strstr(line, device) && strstr(line, ",volatile"));
    as_buffer_free(&mounts);
    return found;
}

static void judge(struct preflight *p, const struct file_system *kind) {
    struct preflight_findings *f = &p->findings;
    const char *name = p->disk.file_system;
    switch (kind ? kind->trust : TRUSTED) {
    case VOLATILE:
        preflight_find(f, PREFLIGHT_FAILURE, "file_system",
                       "%s is memory: nothing in it outlives the machine, and its fsync does "
                       "nothing",
                       name);
        break;
    case UNSAFE:
        preflight_find(f, PREFLIGHT_FAILURE, "file_system",
                       "%s is shared by machines: SQLite's WAL needs shared memory and locks that "
                       "only a local file system has",
                       name);
        break;
    case DOUBTFUL:
        if (is_volatile_overlay(p->options->directory))
            preflight_find(f, PREFLIGHT_FAILURE, "file_system",
                           "%s is mounted volatile: its fsync does nothing", name);
        else
            preflight_find(f, PREFLIGHT_WARNING, "file_system",
                           "%s stands before another file system, and is only as durable as that "
                           "one: better a volume of its own",
                           name);
        break;
    case TRUSTED:
        break;
    }
}

// ---- Its space ----------------------------------------------------------------------------------

static uint64_t room(uint64_t free_bytes) {
    struct rlimit limit;
    uint64_t part = free_bytes / ROOM_PART;
    uint64_t bytes = part < ROOM_MAX ? part : ROOM_MAX;
    // The last batch before the room is full goes beyond it.
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur / 2 < bytes)
        bytes = limit.rlim_cur / 2;
    return bytes < ROOM_MIN ? 0 : bytes;
}

static void judge_space(struct preflight *p) {
    if (p->disk.free_bytes / ROOM_PART < ROOM_MIN)
        preflight_find(&p->findings, PREFLIGHT_FAILURE, "space",
                       "%.0f MB free: too little to measure, let alone to run",
                       (double)p->disk.free_bytes / 1e6);
    else if (!p->options->items && p->disk.free_bytes < (uint64_t)SEGMENTS_FREE * ROOM_MAX)
        preflight_find(&p->findings, PREFLIGHT_WARNING, "space",
                       "%.0f MB free: less than two segments of the journal",
                       (double)p->disk.free_bytes / 1e6);
}

int preflight_disk_look(struct preflight *p, struct as_error *error) {
    struct statfs fs;
    if (statfs(p->options->directory, &fs) != 0)
        return as_error_errno(error, AS_IO, "%s: statfs", p->options->directory);
    const struct file_system *kind = find_file_system((uint32_t)fs.f_type);
    if (kind)
        snprintf(p->disk.file_system, sizeof p->disk.file_system, "%s", kind->name);
    else
        snprintf(p->disk.file_system, sizeof p->disk.file_system, "0x%x", (unsigned)fs.f_type);
    p->disk.free_bytes = (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize;
    p->disk.room_bytes = room(p->disk.free_bytes);
    judge(p, kind);
    judge_space(p);
    return AS_OK;
}

void preflight_disk_check_plan(struct preflight *p) {
    if (!p->options->items || !p->model.known)
        return;
    double needed = preflight_model_space(&p->model, p->options->items);
    if (needed > (double)p->disk.free_bytes)
        preflight_find(&p->findings, PREFLIGHT_FAILURE, "space",
                       "%.3g GB needed for %llu items, %.3g GB free", needed / 1e9,
                       (unsigned long long)p->options->items, (double)p->disk.free_bytes / 1e9);
}

// ---- Its fsync ----------------------------------------------------------------------------------

static bool probe(int fd, struct as_histogram *h) {
    static const char page[PROBE_BYTES] = "as-preflight";
    for (int i = 0; i < PROBES; i++) {
        if (pwrite(fd, page, sizeof page, (off_t)i * PROBE_BYTES) != sizeof page)
            return false;
        uint64_t started_ns = as_clock_monotonic_ns();
        if (fdatasync(fd) != 0)
            return false;
        as_histogram_add(h, as_clock_monotonic_ns() - started_ns, 1);
    }
    return true;
}

static void judge_sync(struct preflight *p, const struct as_histogram *h) {
    uint64_t median_ns = as_histogram_quantile(h, 0.5);
    if (median_ns < SYNC_NS_MIN)
        preflight_find(&p->findings, PREFLIGHT_FAILURE, "sync",
                       "fdatasync takes %.1f us: no disk is that fast, so it does nothing",
                       (double)median_ns / AS_NS_PER_US);
}

void preflight_disk_probe_sync(struct preflight *p) {
    struct as_histogram *h = as_alloc_zero(1, sizeof *h);
    char *path = as_io_join(p->scratch, "probe");
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct as_error error;
    if (fd >= 0 && probe(fd, h)) {
        judge_sync(p, h);
    } else {
        as_error_errno(&error, AS_IO, "%s", path);
        preflight_find(&p->findings, PREFLIGHT_FAILURE, "sync", "%s", error.text);
    }
    if (fd >= 0)
        close(fd);
    free(path);
    free(h);
}
