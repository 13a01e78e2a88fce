import Repositories
import Testing

@Suite struct PartialDeltaTests {
    @Test func itIsKeptAsLongAsThePartWouldTakeMoreRoom() {
        #expect(PartialDelta.pays(sealedLength: 1000, neededBytes: 4000))
        #expect(!PartialDelta.pays(sealedLength: 1000, neededBytes: 3999))
        #expect(PartialDelta.pays(sealedLength: .max, neededBytes: .max))
    }

    @Test func whatNobodyNeedsIsNotKept() {
        #expect(!PartialDelta.pays(sealedLength: 0, neededBytes: 0))
        #expect(!PartialDelta.pays(sealedLength: 100, neededBytes: 0))
    }
}
