import Glibc

/// Times of files as text, in UTC: the server has no zone of its own.
enum FileTime {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `YYYY-MM-DDTHH:MM:SS.ffffffffff`, without a zone, as find(1) prints it: ten digits, of which the last is 0.
    static func listed(_ seconds: Int64, _ nanoseconds: UInt32) -> String {
        let time = broken(seconds)
        let date = "\(pad(Int(time.tm_year) + 1900, 4))-\(pad(Int(time.tm_mon) + 1))-\(pad(Int(time.tm_mday)))"
        return "\(date)T\(clock(time)).\(pad(Int(nanoseconds), 9))0"
    }

    /// The form of HTTP headers: RFC 9110, 5.6.7.
    static func http(_ seconds: Int64) -> String {
        let time = broken(seconds)
        let day = days[Int(time.tm_wday)]
        let month = months[Int(time.tm_mon)]
        return "\(day), \(pad(Int(time.tm_mday))) \(month) \(pad(Int(time.tm_year) + 1900, 4)) \(clock(time)) GMT"
    }

    private static func broken(_ seconds: Int64) -> tm {
        var seconds = time_t(seconds)
        var broken = tm()
        gmtime_r(&seconds, &broken)
        return broken
    }

    private static func clock(_ time: tm) -> String {
        "\(pad(Int(time.tm_hour))):\(pad(Int(time.tm_min))):\(pad(Int(time.tm_sec)))"
    }

    private static func pad(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
}
