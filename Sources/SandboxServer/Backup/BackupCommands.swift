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
    }

    /// Archives `dir` and writes the archive's size. The archive appears under its name when it is whole.
    static func create(
        dir: String,
        archive: String,
        format: String,
        threads: Int,
        excludes: [String],
        leavesOutIgnored: Bool
    ) -> String {
        let (source, target) = (ShellQuoting.quoted(dir), ShellQuoting.quoted(archive))
        var lines = [
            // Cells, which send archives, have another uid and the same group.
            "umask 027",
            "test -d \(source) || exit \(Code.noSource)",
            "mkdir -p -- \"$(dirname -- \(target))\" || exit \(Code.noDirectory)",
            "scratch=$(mktemp -d) || exit \(Code.noDirectory)",
            "trap 'rm -rf -- \"$scratch\" \(ShellQuoting.quoted(archive + ".part").replacing("'", with: "'\\''"))' EXIT",
            ": >\"$scratch/excludes\"",
        ]
        if !excludes.isEmpty {
            let words = excludes.map { ShellQuoting.quoted($0) }.joined(separator: " ")
            lines.append("printf '%s\\n' \(words) >>\"$scratch/excludes\"")
        }
        if leavesOutIgnored {
            // Without git, or outside of a repository, nothing is ignored. Names are taken as they are, not as patterns.
            lines.append(
                "git -C \(source) -c core.quotePath=false ls-files --others --ignored --exclude-standard -- . 2>/dev/null "
                    + "| sed 's/[][*?\\\\]/\\\\&/g' >>\"$scratch/excludes\" || true"
            )
        }
        let part = ShellQuoting.quoted(archive + ".part")
        lines += [
            "mksquashfs \(source) \(part) -comp \(format) -processors \(threads) -no-progress -noappend -quiet "
                + "-wildcards -ef \"$scratch/excludes\" >&2 || exit $?",
            "mv -f -- \(part) \(target) && stat -c %s -- \(target)",
        ]
        return lines.joined(separator: "\n")
    }

    /// Makes `dir` hold what the archive holds. What was there goes only after the archive has been unpacked whole.
    static func restore(dir: String, archive: String) -> String {
        let (target, source) = (ShellQuoting.quoted(dir), ShellQuoting.quoted(archive))
        return """
            test -f \(source) && test -r \(source) || exit \(Code.noArchive)
            mkdir -p -- \(target) || exit \(Code.noDirectory)
            scratch=$(mktemp -d -- \(target)/.restore-XXXXXX) || exit \(Code.noDirectory)
            trap 'rm -rf -- "$scratch"' EXIT
            unsquashfs -f -no-progress -quiet -d "$scratch/new" \(source) >&2 || exit $?
            find \(target) -mindepth 1 -maxdepth 1 ! -path "$scratch" -exec rm -rf -- {} + || exit $?
            find "$scratch/new" -mindepth 1 -maxdepth 1 -exec mv -f -t \(target) -- {} + || exit $?
            chmod --reference="$scratch/new" -- \(target) 2>/dev/null || true
            """
    }

    /// Sends one piece of the archive and writes the answer's header. The address is read from the environment into
    /// curl's configuration: it is in no command line.
    static func upload(archive: String, offset: Int, size: Int) -> String {
        let source = ShellQuoting.quoted(archive)
        return """
            umask 077
            test -r \(source) || exit \(Code.noArchive)
            dd if=\(source) of=/tmp/part bs=1M iflag=skip_bytes,count_bytes,fullblock skip=\(offset) count=\(size) \
            status=none || exit $?
            test "$(stat -c %s /tmp/part)" = \(size) || exit \(Code.noSource)
            printf 'url = "%s"\\n' "$SANDBOX_UPLOAD_URL" | curl --config - --globoff --silent --show-error --fail \
            --proto =https --request PUT --upload-file /tmp/part --retry 2 --max-time 1800 --dump-header - --output /dev/null
            """
    }
}
