using System.Collections.Frozen;

namespace Posthorn.Administration;

/// <summary>All administrative operations by name.</summary>
internal static class Operations
{
    private static readonly Operation[] All =
    [
        .. AccountOperations.All, .. DomainOperations.All, .. AliasOperations.All, .. QueueOperations.All, .. MaintenanceOperations.All,
        .. StatusOperations.All, .. ImportOperations.All, .. ExportOperations.All,
    ];

    private static readonly FrozenDictionary<string, Operation> ByName = All.ToFrozenDictionary(operation => operation.Name);

    public static Operation? Find(string name) => ByName.GetValueOrDefault(name);
}
