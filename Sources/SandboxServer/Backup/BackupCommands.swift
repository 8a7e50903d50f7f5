import AgentProtocol

/// The command lines that make and restore archives. Pure; everything of a request is quoted.
///
/// They run as the user, so nothing is archived that the user may not read and nothing written that the user may not
/// write. No file system is mounted: what needs FUSE elsewhere is done by copying here.
enum BackupCommands {
    /// Exit codes of our own, apart from the tools'.
    enum Code {
        static let noSource = 65
        static let noArchive = 66
        static let noDirectory = 67
        static let outside = 68
    }

    /// Sets `dir` to the directory without links, for mksquashfs and find follow none, and goes on only if that is still
    /// in one of `places`, themselves without links. A name may end with a line end, which `$()` alone would cut off.
    private static func resolved(_ dir: String, _ places: [String]) -> String {
        """
        resolved() { realpath -m -- "$1"; printf x; }
        dir=$(resolved \(ShellQuoting.quoted(dir))); dir=${dir%?x}; allowed=
        for place in \(places.map { ShellQuoting.quoted($0) }.joined(separator: " ")); do
        place=$(resolved "$place"); place=${place%?x}
        case $dir in "$place"|"$place"/*) allowed=1 ;; esac
        done
        test "$allowed" || exit \(Code.outside)
        """
    }

    /// Archives `dir` and writes the archive's size. The archive appears under its name when it is whole.
    static func create(
        dir: String,
        places: [String],
        archive: String,
        format: String,
        threads: Int,
        excludes: [BackupExclude],
        leavesOutIgnored: Bool
    ) -> String {
        let target = ShellQuoting.quoted(archive)
        var lines = [
            // The group is that of cells too: what sends the archive away must be able to read it.
            "umask 027",
            resolved(dir, places),
            "test -d \"$dir\" || exit \(Code.noSource)",
            "mkdir -p -- \"$(dirname -- \(target))\" || exit \(Code.noDirectory)",
            "scratch=$(mktemp -d) || exit \(Code.noDirectory)",
            "part=\(ShellQuoting.quoted(archive + ".part"))",
            "trap 'rm -rf -- \"$scratch\" \"$part\"' EXIT",
            ": >\"$scratch/excludes\"",
        ]
        let escaping = "sed 's/[][*?(\\\\]/\\\\&/g' >>\"$scratch/excludes\""
        for exclude in excludes {
            switch exclude {
            case .lines(let texts):
                let words = texts.map { ShellQuoting.quoted($0) }.joined(separator: " ")
                lines.append("printf '%s\\n' \(words) >>\"$scratch/excludes\"")
            case .search(let expression):
                lines.append(
                    "(cd -- \"$dir\" && find . -mindepth 1 -regextype posix-extended -regex \(ShellQuoting.quoted(expression)) "
                        + "-prune -printf '%P\\n') | \(escaping)"
                )
            }
        }
        if leavesOutIgnored {
            // Without git, or outside of a repository, nothing is ignored. Names are taken as they are, not as patterns.
            lines.append(
                "git -C \"$dir\" -c core.quotePath=false ls-files --others --ignored --exclude-standard -- . 2>/dev/null "
                    + "| \(escaping) || true"
            )
        }
        lines += [
            "mksquashfs \"$dir\" \"$part\" -comp \(format) -processors \(threads) -no-progress -noappend -quiet "
                + "-wildcards -ef \"$scratch/excludes\" >&2 || exit $?",
            "mv -f -- \"$part\" \(target) && stat -c %s -- \(target)",
        ]
        return lines.joined(separator: "\n")
    }

    /// Makes `dir` hold what the archive holds. What was there goes only after the archive has been unpacked whole.
    static func restore(dir: String, places: [String], archive: String) -> String {
        let source = ShellQuoting.quoted(archive)
        return """
            test -f \(source) && test -r \(source) || exit \(Code.noArchive)
            \(resolved(dir, places))
            mkdir -p -- "$dir" || exit \(Code.noDirectory)
            scratch=$(mktemp -d -- "$dir"/.restore-XXXXXX) || exit \(Code.noDirectory)
            trap 'rm -rf -- "$scratch"' EXIT
            unsquashfs -f -no-progress -quiet -d "$scratch/new" \(source) >&2 || exit $?
            # From here to the end the unpacked copy is the only one: nothing but SIGKILL may come in between.
            trap '' TERM INT HUP
            trap - EXIT
            find "$dir" -mindepth 1 -maxdepth 1 ! -name "${scratch##*/}" -exec rm -rf -- {} + || exit $?
            find "$scratch/new" -mindepth 1 -maxdepth 1 -exec mv -f -t "$dir" -- {} + || exit $?
            chmod --reference="$scratch/new" -- "$dir" 2>/dev/null || true
            rm -rf -- "$scratch"
            """
    }

    /// Sends one piece of the archive and writes the answer's header. The address is read from the environment into
    /// curl's configuration: it is in no command line.
    static func upload(archive: String, offset: Int, size: Int) -> String {
        let source = ShellQuoting.quoted(archive)
        return """
            umask 077
            test -f \(source) && test -r \(source) || exit \(Code.noArchive)
            dd if=\(source) of=/tmp/part bs=1M iflag=skip_bytes,count_bytes,fullblock skip=\(offset) count=\(size) \
            status=none || exit $?
            test "$(stat -c %s /tmp/part)" = \(size) || exit \(Code.noSource)
            printf 'url = "%s"\\n' "$SANDBOX_UPLOAD_URL" | curl --config - --globoff --silent --show-error --fail \
            --proto =https --request PUT --upload-file /tmp/part --retry 2 --max-time 1800 --dump-header - --output /dev/null
            """
    }
}
