import HelperClient
import NIOCore

extension UpgradeOffer {
    /// Accepts what the upstream has accepted: from the answer on, bytes go both ways and nobody looks at them.
    func acceptTunnel(to upstream: Upstream, _ lease: UpstreamLease) {
        accepted.set(
            Upgrade { takeover, headers in
                let (near, far) = try await takeover.install(headers: headers) { eventLoop in
                    let (near, far) = TunnelHandler.pair()
                    return (
                        [near],
                        (NIOLoopBound(near, eventLoop: eventLoop), NIOLoopBound(far, eventLoop: eventLoop))
                    )
                }
                // Not in the same step: the near end must be alone on its channel before anything is written to it.
                let eventLoop = takeover.channel.eventLoop
                try await eventLoop.flatSubmit {
                    do {
                        return try upstream.leaveHTTP(for: far.value).map {
                            near.value.start()
                            far.value.start()
                        }
                    } catch {
                        return eventLoop.makeFailedFuture(error)
                    }
                }.get()
                try await takeover.channel.closeFuture.get()
                await lease.finish()
            }
        )
    }
}
