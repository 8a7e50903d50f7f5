import NIOCore

/// What a channel handler reads, for a task to consume: at most a handful of elements wait in it.
typealias InboundQueue<Element: Sendable> = NIOThrowingAsyncSequenceProducer<
    Element, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, ReadDemand
>

extension InboundQueue where Strategy == NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark {
    /// Where reading stops, in elements. One read of a channel may still bring several.
    static var strategy: Strategy { Strategy(lowWatermark: 1, highWatermark: 2) }
}
