// Variables that decide how a program is loaded or how a shell runs, before the program's own first line. On Linux they must reach the server
// and nothing that makes its box, so they are set behind the filter, by a command line: the one place where a value of the environment stands
// in arguments, which every program on the machine can read. Hence exact names and no prefixes: LD_ACCESS_TOKEN is nobody's switch.

const names: ReadonlySet<string> = new Set(
  [
    // ld.so(8), with names that older ones knew
    "LD_ASSUME_KERNEL LD_AUDIT LD_BIND_NOT LD_BIND_NOW LD_DEBUG LD_DEBUG_OUTPUT LD_DYNAMIC_WEAK LD_HWCAP_MASK LD_LIBRARY_PATH LD_NOLOAD",
    "LD_ORIGIN_PATH LD_POINTER_GUARD LD_PREFER_MAP_32BIT_EXEC LD_PRELOAD LD_PROFILE LD_PROFILE_OUTPUT LD_SHOW_AUXV LD_TRACE_LOADED_OBJECTS",
    "LD_TRACE_PRELINKING LD_USE_LOAD_BIAS LD_VERBOSE LD_WARN",
    // the C library: mallopt(3), and what it does not obey in set-user-ID programs
    "GLIBC_TUNABLES MALLOC_ARENA_MAX MALLOC_ARENA_TEST MALLOC_CHECK_ MALLOC_MMAP_MAX_ MALLOC_MMAP_THRESHOLD_ MALLOC_PERTURB_",
    "MALLOC_TOP_PAD_ MALLOC_TRACE MALLOC_TRIM_THRESHOLD_ GCONV_PATH GETCONF_DIR GMON_OUT_PREFIX HOSTALIASES LOCALDOMAIN LOCPATH NIS_PATH",
    "NLSPATH RESOLV_ADD_TRIM_DOMAINS RESOLV_HOST_CONF RESOLV_MULTI RESOLV_OVERRIDE_TRIM_DOMAINS RESOLV_REORDER RES_OPTIONS TZDIR",
    // shells
    "BASH_ENV BASH_COMPAT BASH_LOADABLES_PATH BASH_XTRACEFD BASHOPTS ENV FPATH IFS POSIXLY_CORRECT PS4 SHELLOPTS",
    // socat(1)
    "SOCAT_DEFAULT_LISTEN_IP SOCAT_FORK_WAIT SOCAT_MAIN_WAIT SOCAT_PREFERRED_RESOLVE_IP SOCAT_TRANSFER_WAIT",
  ].flatMap((line) => line.split(" ")),
);

/** Whether the dynamic linker, the C library, a shell or socat obeys a variable of this name. */
export function isLoaderVariable(name: string): boolean {
  // By pattern: NixOS' loader, also one for each system; and functions that one bash hands to another.
  return names.has(name) || /^NIX_LD(_LIBRARY_PATH)?(_[A-Za-z0-9_]+_linux)?$/.test(name) || /^BASH_FUNC_.+(%%|\(\))$/s.test(name);
}
