import DAP
import Hummingbird
import Ledger

/// The body of a request that ends in a list of report ids, read in blocks: the list is as long as a batch.
struct ReportListBody<Head: Sendable> {
    let head: Head
    /// How many ids there are, as the message says.
    let count: Int

    private let message: String
    private let limit: Int
    private let taskID: TaskID
    private let memory: MemoryBudget.Reservation?
    private var parts: RequestBody.AsyncIterator
    private var reader: ReportListReader<Head>
    private var received = 0

    /// Ids of a block, at least, but for the last one.
    private static var blockSize: Int { 1_024 }
    /// What is in memory at a time: pieces on their way in, and a block.
    private static var window: Int { 256 << 10 }
    /// What an id takes that is kept: an array of 16 bytes, and a reference to it.
    private static var keptID: Int { 72 }

    /// Reads the head.
    ///
    /// - Parameters:
    ///   - message: its name, for refusals.
    ///   - limit: of the body's bytes; beyond, the answer is 413.
    init(
        _ request: Request, _ context: NodeRequestContext, _ message: String, upTo limit: Int, taskID: TaskID,
        decodeHead: @escaping @Sendable (inout ByteReader) throws(CodecError) -> Head
    ) async throws {
        try request.requirePlainBody()
        context.memory?.limit(to: Self.window)
        if let announced = request.announcedLength, announced > limit { throw Request.tooLarge(limit) }
        var parts = request.body.makeAsyncIterator()
        var reader = ReportListReader(decodeHead)
        var received = 0
        while reader.head == nil, let part = try await parts.next() {
            received += part.readableBytes
            guard received <= limit else { throw Request.tooLarge(limit) }
            do throws(CodecError) { try reader.append(part.readableBytesView) } catch {
                throw NodeError(error, in: message, taskID: taskID)
            }
        }
        guard let head = reader.head else {
            do throws(CodecError) { try reader.finish() } catch { throw NodeError(error, in: message, taskID: taskID) }
            throw NodeError.dap(.invalidMessage, "\(message): there is no head.", taskID: taskID)
        }
        self.head = head
        count = reader.count
        self.message = message
        self.limit = limit
        self.taskID = taskID
        memory = context.memory
        self.parts = parts
        self.reader = reader
        self.received = received
    }

    /// Counts so many ids more as kept until the request is answered.
    ///
    /// - Throws: `NodeError` 503.
    func keep(_ count: Int) throws(NodeError) {
        guard count > 0, let memory, !memory.keep(count * Self.keptID) else { return }
        throw .unavailable("This node has too many requests in its memory.", retryAfter: 5, taskID: taskID)
    }

    /// The next ids; nil behind the last, where the message is whole.
    mutating func next() async throws -> [ReportID]? {
        var block = reader.takeIDs()
        while block.count < Self.blockSize, let part = try await parts.next() {
            received += part.readableBytes
            guard received <= limit else { throw Request.tooLarge(limit) }
            do throws(CodecError) { try reader.append(part.readableBytesView) } catch {
                throw NodeError(error, in: message, taskID: taskID)
            }
            block += reader.takeIDs()
        }
        guard block.isEmpty else { return block }
        do throws(CodecError) { try reader.finish() } catch { throw NodeError(error, in: message, taskID: taskID) }
        return nil
    }
}
