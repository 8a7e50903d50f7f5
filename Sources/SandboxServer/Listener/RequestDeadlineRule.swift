/// What a connection is waiting for. Pure: the handler has the clock.
struct RequestDeadlineRule {
    /// What the clock has to do.
    enum Change: Equatable {
        /// It runs on, or stands still, as before.
        case none
        case stop
        case waitForHead
        case waitForBody
    }

    /// Requests whose header has come and whose answer has not gone: callers may send several at once.
    private var answersDue = 0
    private var isBodyComing = false
    private var isWaitingForBody = false
    private var change = Change.none

    /// A request's header has come.
    mutating func head() {
        answersDue += 1
        isBodyComing = true
        isWaitingForBody = false
        change = .stop
    }

    /// The server asks for more, and what it needs is the caller's.
    mutating func wantsMore() {
        guard isBodyComing, !isWaitingForBody else { return }
        isWaitingForBody = true
        change = .waitForBody
    }

    /// A piece of a body has come.
    mutating func received() {
        guard isWaitingForBody else { return }
        isWaitingForBody = false
        change = .stop
    }

    /// A whole request has come.
    mutating func requestEnded() {
        isBodyComing = false
        isWaitingForBody = false
        change = answersDue == 0 ? .waitForHead : .stop
    }

    /// A whole answer has gone.
    mutating func answerEnded() {
        answersDue = max(answersDue - 1, 0)
        // What is left of the body is read and thrown away first.
        if answersDue == 0, !isBodyComing { change = .waitForHead }
    }

    /// What happened to the clock since this was asked.
    mutating func takeChange() -> Change {
        defer { change = .none }
        return change
    }
}
