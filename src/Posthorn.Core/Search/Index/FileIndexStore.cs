using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Posthorn.Core.Search.Index;

/// <summary>Beside the embedded store: a folder for each account, with its segments and one small file that names them.</summary>
/// <remarks>
/// Nothing is synced: after a power cut a file may be short or empty. Checksums find that, and the index of that account is made anew from the mail.
/// </remarks>
internal sealed class FileIndexStore(string dataFolder) : IIndexStore, IDisposable
{
    private readonly IndexFolder _folder = new(dataFolder);
    private readonly ConcurrentDictionary<AccountId, IndexState> _states = new();
    private readonly SemaphoreSlim _writing = new(1);

    public bool HoldsCopies => false;

    public async ValueTask<IndexState> ReadAsync(AccountId account, CancellationToken cancel)
    {
        if (_states.TryGetValue(account, out IndexState? known))
        {
            return known;
        }

        await _writing.WaitAsync(cancel);
        try
        {
            return _states.TryGetValue(account, out known) ? known : _states[account] = await LoadAsync(account, cancel);
        }
        finally
        {
            _writing.Release();
        }
    }

    public async ValueTask<bool> CommitAsync(
        AccountId account, IndexState before, IndexState after, (SegmentInfo Segment, byte[] File)? added, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            if (!_states.GetValueOrDefault(account, IndexState.None).IsSame(before))
            {
                return false;
            }

            if (added is var (segment, file))
            {
                await IndexFolder.WriteAsync(_folder.FileOf(account, segment.Id), file, cancel);
            }

            await IndexFolder.WriteAsync(PathOf(account), JsonSerializer.SerializeToUtf8Bytes(after, IndexJson.Default.IndexState), cancel);
            _states[account] = after;
            _folder.Keep(account, after.Segments);
            return true;
        }
        finally
        {
            _writing.Release();
        }
    }

    public ValueTask<string> FileAsync(AccountId account, SegmentInfo segment, CancellationToken cancel) => ValueTask.FromResult(_folder.FileOf(account, segment.Id));

    public void ForgetCopies(AccountId account)
    {
        // It has none.
    }

    public async ValueTask DropAsync(AccountId account, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            _states.TryRemove(account, out _);
            _folder.Drop(account);
        }
        finally
        {
            _writing.Release();
        }
    }

    public ValueTask<IReadOnlyList<AccountId>> AccountsAsync(CancellationToken cancel) => ValueTask.FromResult(_folder.Accounts());

    public void Dispose() => _writing.Dispose();

    private async Task<IndexState> LoadAsync(AccountId account, CancellationToken cancel)
    {
        try
        {
            byte[] octets = await File.ReadAllBytesAsync(PathOf(account), cancel);
            return JsonSerializer.Deserialize(octets, IndexJson.Default.IndexState) ?? IndexState.None;
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return IndexState.None;
        }
    }

    private string PathOf(AccountId account) => Path.Combine(_folder.Of(account), "index.json");
}

[JsonSerializable(typeof(IndexState))]
internal sealed partial class IndexJson : JsonSerializerContext;
