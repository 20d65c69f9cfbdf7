using System.Collections.Frozen;

namespace Posthorn.Administration;

/// <summary>All administrative operations by name.</summary>
internal static class Operations
{
    private static readonly Operation[] All =
    [
        .. AccountOperations.All, .. SecurityOperations.All, .. ReplyOperations.All, .. DomainOperations.All, .. AliasOperations.All, .. QueueOperations.All, .. DeliveryOperations.All, .. StorageOperations.All, .. MaintenanceOperations.All, .. MoveOperations.All,
        .. StatusOperations.All, .. UndeleteOperations.All, .. HelpOperations.All, .. ImportOperations.All, .. ExportOperations.All, .. SearchOperations.All,
    ];

    private static readonly FrozenDictionary<string, Operation> ByName = All.ToFrozenDictionary(operation => operation.Name);

    public static Operation? Find(string name) => ByName.GetValueOrDefault(name);
}
