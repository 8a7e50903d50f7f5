/// Every way to take a TCP port: 7 addresses, each with 4 sets of options, in the words of Python, so that it runs
/// the same for root, in `user` and in `secure`.
enum BindAttempts {
    static let count = 28

    /// A script that prints one line per attempt: address, options, and the error's name or `taken`.
    static func command(port: UInt16) -> String {
        "\(definition)\nfor attempt in attempts(\(port)): print(*attempt)\nEOF"
    }

    /// A script that tries until the file `stop` exists. Prints `started` after the first round, each attempt that
    /// won, and at the end the number of attempts.
    static func loop(port: UInt16, until stop: String) -> String {
        """
        \(definition)
        tries = 0
        while not os.path.exists('\(stop)'):
            for attempt in attempts(\(port)):
                tries += 1
                if attempt[-1] != 'EADDRINUSE': print(*attempt)
            if tries == \(count): print('started', flush=True)
        print(tries)
        EOF
        """
    }

    private static let definition = """
        python3 - <<'EOF'
        import errno, os, socket
        own = [line.split()[3].split('/')[0] for line in os.popen('ip -o -4 addr show scope global')]
        addresses = [
            (socket.AF_INET, '0.0.0.0', 0), (socket.AF_INET, '127.0.0.1', 0), (socket.AF_INET, '127.0.0.2', 0),
            (socket.AF_INET, own[0] if own else '127.0.0.3', 0),
            (socket.AF_INET6, '::1', 1), (socket.AF_INET6, '::', 1), (socket.AF_INET6, '::', 0)]
        options = [(), ('SO_REUSEADDR',), ('SO_REUSEPORT',), ('SO_REUSEADDR', 'SO_REUSEPORT')]
        def attempts(port):
            for family, address, only6 in addresses:
                for names in options:
                    with socket.socket(family, socket.SOCK_STREAM) as s:
                        if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only6)
                        for name in names: s.setsockopt(socket.SOL_SOCKET, getattr(socket, name), 1)
                        try:
                            s.bind((address, port))
                            s.listen()
                            result = 'taken'
                        except OSError as e:
                            result = errno.errorcode[e.errno]
                    yield address, only6, '+'.join(names) or 'plain', result
        """
}
