import Glibc
import HelperTransport
import Testing

struct OwnershipTests {
    @Test func anOwnedDescriptorIsClosedWithItsOwner() throws {
        let pipe = try Descriptors.pipe()
        defer { close(pipe.reading) }
        do {
            let owned = OwnedDescriptor(adopting: pipe.writing)
            #expect(Descriptors.isOpen(owned.rawValue))
        }
        // The reading end sees the end of file only if the single writing end is closed.
        var byte: UInt8 = 0
        #expect(read(pipe.reading, &byte, 1) == 0)
    }

    @Test func aReleasedDescriptorStaysOpen() throws {
        let pipe = try Descriptors.pipe()
        defer { for end in [pipe.reading, pipe.writing] { close(end) } }
        let number = OwnedDescriptor(adopting: pipe.writing).release()
        var byte: UInt8 = 3
        #expect(write(number, &byte, 1) == 1)
    }

    @Test func aDescriptorIsClosedOnlyOnce() async {
        // In a process of its own, where nobody else can be given the number in between.
        await #expect(processExitsWith: .success) {
            let pipe = try Descriptors.pipe()
            let number = OwnedDescriptor(adopting: pipe.writing).rawValue
            guard !Descriptors.isOpen(number) else { exit(1) }
            var list = DescriptorList(adopting: [pipe.reading])
            if let taken = list.take(0) { _ = consume taken }
            guard !Descriptors.isOpen(pipe.reading), list[0] == -1 else { exit(2) }
            let again = fcntl(0, F_DUPFD, pipe.reading)
            guard again == pipe.reading else { exit(3) }
            _ = consume list
            guard Descriptors.isOpen(again) else { exit(4) }
        }
    }

    @Test func aListClosesWhatIsLeftAndNotWhatWasTaken() throws {
        let pipe = try Descriptors.pipe()
        defer { close(pipe.reading) }
        var kept: OwnedDescriptor?
        do {
            var list = DescriptorList(adopting: [fcntl(pipe.writing, F_DUPFD_CLOEXEC, 0), pipe.writing])
            kept = list.take(0)
            let isThere = kept != nil
            #expect(isThere)
            // Taken already, and places that never were.
            for index in [0, 2, -1] {
                let isThere = list.take(index) != nil
                #expect(!isThere)
            }
            #expect(list.count == 2)
            #expect(list[0] == -1)
        }
        // Reading end, and the duplicate that was taken.
        #expect(Descriptors.references(to: pipe.reading) == 2)
        kept = nil
        #expect(Descriptors.references(to: pipe.reading) == 1)
    }
}
