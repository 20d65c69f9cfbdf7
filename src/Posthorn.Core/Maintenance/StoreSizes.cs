using Posthorn.Core.Access;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Maintenance;

/// <summary>How much room the store takes.</summary>
/// <param name="DatabaseBytes">The database as it lies on the disk, with the bodies inside it.</param>
/// <param name="Inside">Bodies in the database.</param>
/// <param name="Outside">Bodies in files or in a bucket.</param>
public sealed record StoreSizes(long DatabaseBytes, BodySizes Inside, BodySizes Outside);

/// <param name="Octets">As they came: most take less room, they are compressed.</param>
public sealed record BodySizes(long Count, long Octets);

/// <summary>Measures the store. It reads a row for each body: for a page that somebody asks for, not for every minute.</summary>
public sealed class StoreMeasure
{
    private readonly IStoreMaintenance _maintenance;

    internal StoreMeasure(IStoreMaintenance maintenance) => _maintenance = maintenance;

    public async ValueTask<Result<StoreSizes>> MeasureAsync(Actor actor, CancellationToken cancel) =>
        Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal ? refusal : await _maintenance.SizesAsync(cancel);
}
