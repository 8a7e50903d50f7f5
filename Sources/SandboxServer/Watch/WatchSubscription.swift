/// One reader's part in a watch; given back with the value.
final class WatchSubscription: Sendable {
    let watch: SharedWatch
    let queue = WatchQueue()
    private let hub: WatchHub

    init(_ watch: SharedWatch, _ hub: WatchHub) {
        self.watch = watch
        self.hub = hub
        watch.add(queue)
    }

    deinit {
        watch.remove(queue)
        hub.giveBack(watch)
    }
}
