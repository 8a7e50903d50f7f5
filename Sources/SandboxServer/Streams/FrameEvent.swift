import SandboxAPI

/// An event that writes its own frame: those of which streams consist, at a fraction of `JSONEncoder`'s cost.
protocol FrameEvent: Encodable {
    /// Adds its members, those that are not nil, in the order of their names.
    func write(to frame: inout FrameWriter)
}

extension StreamEvent: FrameEvent {
    func write(to frame: inout FrameWriter) {
        frame.add("command", command)
        frame.add("data", data)
        frame.add("error", error)
        frame.add("exitCode", exitCode)
        frame.add("pid", pid)
        frame.add("processId", processId)
        frame.add("status", status)
        frame.add("timedOut", timedOut)
        frame.add("timestamp", timestamp)
        frame.add("type", type)
    }
}

extension FileStreamEvent: FrameEvent {
    func write(to frame: inout FrameWriter) {
        frame.add("bytesRead", bytesRead)
        frame.add("data", data)
        frame.add("encoding", encoding)
        frame.add("error", error)
        frame.add("isBinary", isBinary)
        frame.add("mimeType", mimeType)
        frame.add("size", size)
        frame.add("type", type.rawValue)
    }
}
