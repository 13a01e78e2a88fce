import CommandLineSupport
import VarveKit

/// What `varve key list` shows: the passwords, then the master keys.
struct KeyListing {
    private let context: CommandContext

    init(_ context: CommandContext) { self.context = context }

    func print(_ repository: Repository) throws {
        let slots = try repository.listKeySlots()
        let masterKeys = try repository.listMasterKeys()
        if context.isJSON {
            for (name, description) in slots { try context.print(json(name, description)) }
            for key in masterKeys { try context.print(json(key)) }
        } else {
            try context.print(table(slots).lines)
            try context.print("")
            try context.print(table(masterKeys).lines)
        }
    }

    private func json(_ name: ObjectName, _ slot: KeySlotDescription) -> JSONValue {
        [
            "message_type": "key", "id": .string(name.id.hex), "label": .string(slot.label),
            "created": .string(slot.created), "hostname": .string(slot.host), "username": .string(slot.user),
        ]
    }

    private func json(_ key: MasterKeyDescription) -> JSONValue {
        [
            "message_type": "master_key", "id": .string(key.id.hex), "epoch": .number(Int(key.epoch)),
            "created": .string(key.creationTime.rfc3339), "newest": .bool(key.isNewest),
        ]
    }

    private func table(_ slots: [(name: ObjectName, description: KeySlotDescription)]) -> Table {
        var table = Table([.left("ID"), .left("Label"), .left("Created"), .left("Host"), .left("User")])
        for (name, slot) in slots {
            let created = Timestamp(rfc3339: slot.created).map { LocalTime.format(nanoseconds: $0.nanoseconds) }
            table.append([name.id.shortHex, slot.label, created ?? slot.created, slot.host, slot.user])
        }
        return table
    }

    private func table(_ masterKeys: [MasterKeyDescription]) -> Table {
        var table = Table([.left("Master key"), .right("Epoch"), .left("Created"), .left("")])
        for key in masterKeys {
            table.append([
                String(key.id.hex.prefix(8)), "\(key.epoch)",
                LocalTime.format(nanoseconds: key.creationTime.nanoseconds), key.isNewest ? "newest" : "",
            ])
        }
        return table
    }
}
